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
expect 'serverside-applied' k apply --server-side --subresource=status -f - <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
status: {conditions: [{type: Mine, status: "True"}]}
YAML
refused 'field not declared in schema' k apply --server-side --validate=false -f - <<<'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"nothing":1}'

expect 'deleted' k delete deployment web
echo "all passed with $(k version --client | head -1)"
