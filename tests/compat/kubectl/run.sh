#!/usr/bin/env bash
# Runs stock kubectl through what works against a cluster of `kubectl-lite up`.
# usage: run.sh BIN_DIRECTORY [KUBECTL]
set -euo pipefail
bin=$(realpath "$1")
kubectl_program=${2:-kubectl}
command -v "$kubectl_program" >/dev/null || { echo "skipped: no $kubectl_program"; exit 77; }
scratch=$(mktemp -d)
export KUBE_LITE_HOME=$scratch/home KUBECONFIG=
cluster=compat-$$

clean_up() {
  "$bin/kubectl-lite" down --name="$cluster" >"$scratch/down.log" 2>&1 || cat "$scratch/down.log"
  rm -rf "$scratch"
}
trap clean_up EXIT

# expect PATTERN COMMAND...: the command succeeds and its output has the pattern.
expect() {
  local pattern=$1 output
  shift
  output=$("$@" 2>&1) || { echo "FAILED ($?): $*"; echo "$output"; exit 1; }
  grep -qE -- "$pattern" <<<"$output" || { echo "no /$pattern/ in the output of: $*"; echo "$output"; exit 1; }
  echo "ok: $*"
}
# refused PATTERN COMMAND...: it fails, and says so.
refused() {
  local pattern=$1 output
  shift
  if output=$("$@" 2>&1); then echo "SUCCEEDED: $*"; exit 1; fi
  grep -qE -- "$pattern" <<<"$output" || { echo "no /$pattern/ in the output of: $*"; echo "$output"; exit 1; }
  echo "ok: $*"
}
k() { timeout 90 "$kubectl_program" --kubeconfig="$KUBECONFIG" --cache-dir="$scratch/cache" "$@"; }

"$bin/kubectl-lite" up --name="$cluster" --port=0 >"$scratch/up.log" 2>&1 || { cat "$scratch/up.log"; exit 1; }
KUBECONFIG=$(find "$scratch/home" -path "*$cluster/kubeconfig" -not -path '*/nodes/*' | head -1)

cat >"$scratch/web.yaml" <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "kube-lite/hello:1"}]}
YAML
sed 's/hello:1/hello:2/' "$scratch/web.yaml" >"$scratch/web2.yaml"

expect 'Server Version: .*v1' k version
expect 'deployments +deploy +apps/v1' k api-resources
expect 'Ready' k get nodes -o wide
expect 'deployment.apps/web created' k apply -f "$scratch/web.yaml"
expect 'deployment.apps/web unchanged' k apply -f "$scratch/web.yaml"
expect 'successfully rolled out' k rollout status deployment/web --timeout=60s
expect 'condition met' k wait --for=condition=Available deployment/web --timeout=60s
expect '1/1' k get deployment web
expect 'pod/web-' k get pods -l app=web -o name
expect '"kind": "List"' k get pods -o json
expect 'kube-system' k get pods -A
expect 'Replicas: +1 desired' k describe deployment web
expect 'deployment.apps/web configured' k apply -f "$scratch/web2.yaml"
expect 'successfully rolled out' k rollout status deployment/web --timeout=60s
expect '2 ' k rollout history deployment/web
expect 'rolled back' k rollout undo deployment/web
expect 'successfully rolled out' k rollout status deployment/web --timeout=60s
expect 'scaled' k scale deployment/web --replicas=2
expect 'labeled' k label deployment web tier=front
expect 'annotated?' k annotate deployment web note=x
expect 'patched' k patch deployment web --type=merge -p '{"metadata":{"labels":{"a":"b"}}}'
expect 'patched' k patch deployment web --type=json -p '[{"op":"remove","path":"/metadata/labels/a"}]'
expect 'patched' k patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"b"}]}]}}}}'
expect 'successfully rolled out' k rollout status deployment/web --timeout=60s
expect '' k logs deployment/web --tail=5
expect 'web' k events
expect 'KIND: +Deployment' k explain deployment.spec
refused 'NotFound' k get deployment nothing
refused 'unknown field "spec.nothing"' k create -f - <<<'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"nothing":1,"containers":[{"name":"c","image":"i"}]}}'

# Server-side apply.
cat >"$scratch/map.yaml" <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: web}}
data: {colour: blue, size: "1"}
YAML
sed 's/blue/green/' "$scratch/map.yaml" >"$scratch/map2.yaml"
sed '/^data/s/colour: green, //' "$scratch/map2.yaml" >"$scratch/map3.yaml"
expect 'configmap/settings serverside-applied' k apply --server-side -f "$scratch/map.yaml"
expect 'configmap/settings serverside-applied' k apply --server-side -f "$scratch/map.yaml"
expect 'configmap/settings patched' k patch configmap settings --type=merge -p '{"data":{"colour":"red"}}' --field-manager=painter
refused 'conflict with "painter" using v1: .data.colour' k apply --server-side -f "$scratch/map2.yaml"
refused 'conflict with "painter"' k diff --server-side -f "$scratch/map2.yaml"
refused 'colour: green' k diff --server-side --force-conflicts -f "$scratch/map2.yaml"
expect 'serverside-applied' k apply --server-side --force-conflicts -f "$scratch/map2.yaml"
expect '^green$' k get configmap settings -o 'jsonpath={.data.colour}{"\n"}'
expect 'serverside-applied' k apply --server-side --field-manager=sizer -f "$scratch/map3.yaml"
expect 'serverside-applied' k apply --server-side -f "$scratch/map3.yaml"
expect '^{"size":"1"}$' k get configmap settings -o 'jsonpath={.data}{"\n"}'
expect 'manager: sizer' k get configmap settings -o yaml --show-managed-fields
expect '^0$' bash -c "'$kubectl_program' --kubeconfig='$KUBECONFIG' --cache-dir='$scratch/cache' get configmap settings -o yaml | grep -c managedFields || true"
expect '^0$' bash -c "'$bin/kubectl-lite' --kubeconfig='$KUBECONFIG' get configmap settings -o yaml | grep -c managedFields || true"
expect 'manager: sizer' "$bin/kubectl-lite" --kubeconfig="$KUBECONFIG" get configmap settings -o yaml --show-managed-fields
# From client-side to server-side apply: no conflict, and what is no longer listed goes.
expect 'created' k apply -f <(sed 's/settings/moved/' "$scratch/map.yaml")
expect 'serverside-applied' k apply --server-side -f <(sed 's/settings/moved/' "$scratch/map3.yaml")
expect '^{"size":"1"}$' k get configmap moved -o 'jsonpath={.data}{"\n"}'
expect 'kubectl Apply' k get configmap moved -o 'jsonpath={range .metadata.managedFields[*]}{.manager} {.operation}{"\n"}{end}'
if k apply --help | grep -q -- --subresource; then  # kubectl 1.32 and later
  expect 'serverside-applied' k apply --server-side --subresource=status -f - <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
status: {conditions: [{type: Mine, status: "True"}]}
YAML
fi
refused 'field not declared in schema' k apply --server-side --validate=false -f - <<<'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"nothing":1}'

# Every kind that kubectl can create: its generator, and the row that it prints.
created() {
  local kind=$1 name=$2
  shift 2
  expect "$name (created|autoscaled)" k create "$kind" "$name" "$@"
}
created job one --image=kube-lite/hello:1 -- true
created cronjob tick --image=kube-lite/hello:1 '--schedule=*/5 * * * *' -- true
expect 'job.batch/once created' k create job once --from=cronjob/tick
expect 'service/ci created' k create service clusterip ci --tcp=80:8080
expect 'service/np created' k create service nodeport np --tcp=80
expect 'service/lb created' k create service loadbalancer lb --tcp=80
expect 'service/en created' k create service externalname en --external-name=example.com
created quota q --hard=cpu=1,pods=20
created role r --verb=get --resource=pods
created rolebinding rb --role=r --user=u
created clusterrole cr --verb=get --resource=nodes
created clusterrolebinding crb --clusterrole=cr --group=g
created pdb p --selector=app=web --min-available=1
created ingress i '--rule=example.com/*=web:80'
created priorityclass hi --value=1000
expect 'secret/s created' k create secret generic s --from-literal=a=b
expect 'secret/dr created' k create secret docker-registry dr --docker-username=u --docker-password=p --docker-server=x
created configmap c --from-literal=a=b
created serviceaccount sa
expect 'autoscaled' k autoscale deployment web --min=1 --max=3 --cpu-percent=80

# row RESOURCE HEADER ROW: what get prints.
row() { expect "^$2" k get "$1"; expect "^$3" k get "$1"; }
row jobs/one 'NAME +STATUS +COMPLETIONS +DURATION +AGE$' 'one +[A-Z][a-z]+ +[01]/1 '
row cronjobs 'NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE$' 'tick +\*/5 \* \* \* \* +<none> +False '
row services 'NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE$' 'en +ExternalName +<none> +example.com +<none> '
row hpa 'NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE$' 'web +Deployment/web +.*/80% +1 +3 '
row quota 'NAME +REQUEST +LIMIT +AGE$|NAME +AGE +REQUEST +LIMIT' 'q '
row roles 'NAME +CREATED AT$' 'r +20[0-9]{2}-'
row rolebindings 'NAME +ROLE +AGE$' 'rb +Role/r '
row clusterrolebindings 'NAME +ROLE +AGE$' 'crb +ClusterRole/cr '
row pdb 'NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE$' 'p +1 +N/A +[0-9]'
row ingress 'NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE$' 'i +<none> +example.com +80 '
row priorityclasses/hi 'NAME +VALUE +GLOBAL-DEFAULT +AGE' 'hi +1000 +false '
row secrets/s 'NAME +TYPE +DATA +AGE$' 's +Opaque +1 '
row configmaps/c 'NAME +DATA +AGE$' 'c +1 '
row serviceaccounts/sa 'NAME +(SECRETS +)?AGE$' 'sa '
expect 'job.batch/one' k get all
expect 'SELECTOR' k get services -o wide

# What the rules refuse.
refused 'spec.schedule: Invalid value: "\* \*": expected exactly 5 fields' k create cronjob bad --image=i '--schedule=* *'
refused 'reserved for system use only' k create priorityclass system-x --value=1
refused 'spec.completions: Invalid value: 5: field is immutable' k patch job one --type=merge -p '{"spec":{"completions":5}}'
refused 'roleRef: Invalid value: .*: cannot change roleRef' k patch rolebinding rb --type=merge -p '{"roleRef":{"name":"other"}}'
expect 'patched' k patch job one --type=merge -p '{"spec":{"parallelism":2}}'
refused 'spec.parallelism: Invalid value: -1' k create -f - <<<'{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"x"},"spec":{"parallelism":-1,"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}}'
refused 'spec.template.spec.restartPolicy: Required value' k create -f - <<<'{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"x"},"spec":{"parallelism":-1,"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}}'
refused 'at least 1 access mode is required' k create -f - <<<'{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"x"},"spec":{}}'
# shellcheck source=streams.sh
. "$(dirname "$0")/streams.sh"

expect 'deleted' k delete deployment web
echo "all passed with $(k version --client | head -1)"
