# shellcheck shell=bash
# Commands, attached containers, forwarded ports, files, tokens: run.sh reads this file. Deployment web runs.

pod=$(k get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')
expect '^hi$' k exec "$pod" -- echo hi
expect '^hi$' k exec deployment/web -c web -- echo hi
refused 'exit code 7' k exec "$pod" -- sh -c 'exit 7'
refused 'no-such-command' k exec "$pod" -- no-such-command
refused 'container nope' k exec "$pod" -c nope -- true
refused 'NotFound' k exec no-such-pod -- true
expect '^err$' bash -c "'$kubectl_program' --kubeconfig='$KUBECONFIG' exec '$pod' -- sh -c 'echo out; echo err >&2' 2>&1 >/dev/null"

# Bytes in and out are what they were; the input's end reaches the command.
head -c 5000000 /dev/urandom >"$scratch/bytes"
k exec -i "$pod" -- cat <"$scratch/bytes" >"$scratch/bytes.back"
expect '' cmp "$scratch/bytes" "$scratch/bytes.back"
expect '^5000000$' bash -c "'$kubectl_program' --kubeconfig='$KUBECONFIG' exec -i '$pod' -- wc -c <'$scratch/bytes'"
# A command that does not read its input.
expect '^done$' bash -c "'$kubectl_program' --kubeconfig='$KUBECONFIG' exec -i '$pod' -- echo done <'$scratch/bytes'"
# A terminal: script gives kubectl one.
expect '[0-9]+ [0-9]+' script -qec "'$kubectl_program' --kubeconfig='$KUBECONFIG' exec -it '$pod' -- stty size" /dev/null

expect '' k cp "$scratch/bytes" "$pod:$scratch/copied"
expect '' k cp "$pod:$scratch/copied" "$scratch/copied.back"
expect '' cmp "$scratch/bytes" "$scratch/copied.back"

expect 'created' k apply -f - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: echoer}
spec:
  restartPolicy: Never
  containers: [{name: cat, image: host, command: [cat], stdin: true, stdinOnce: true}]
YAML
expect 'condition met' k wait --for=condition=Ready pod/echoer --timeout=30s
expect 'hello' k attach -i echoer <<<hello
expect 'condition met' k wait --for=jsonpath='{.status.phase}'=Succeeded pod/echoer --timeout=30s

# fetch PORT: what the sample answers there.
fetch() {
  exec 5<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET / HTTP/1.0\r\n\r\n' >&5
  cat <&5
  exec 5>&-
}
timeout 60 "$kubectl_program" --kubeconfig="$KUBECONFIG" port-forward "$pod" :8080 >"$scratch/forward" 2>&1 &
forward=$!
for _ in $(seq 100); do
  port=$(sed -nE 's/^Forwarding from 127.0.0.1:([0-9]+).*/\1/p' "$scratch/forward")
  [[ -n $port ]] && break
  kill -0 "$forward" 2>/dev/null || { cat "$scratch/forward"; exit 1; }
  read -rt 0.1 <> <(:) || true
done
for _ in 1 2 3; do expect "pod=$pod" fetch "$port"; done
kill "$forward"

expect '^ey[A-Za-z0-9_-]+\.' k create token default
refused 'less than 10 minutes' k create token default --duration=1m
