#!/bin/sh
# The alerts of docs/monitoring as a PrometheusRule of the Prometheus operator:
# printed, or, with --check, compared with the one in deploy/.

set -eu

cd "$(dirname "$0")/../.."

rules=docs/monitoring/erpsync-rules.yml
file=deploy/kubernetes/monitoring/rules.yaml

print() {
    cat << END
# Made of $rules by "make kubernetes-rules"; do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: erpsync
  labels:
    app.kubernetes.io/name: erpsync
spec:
END
    sed -n '/^groups:/,$s/^\(.\)/  \1/p' "$rules"
}

if [ "${1:-}" != --check ]; then
    print
elif [ "$(print)" != "$(cat "$file")" ]; then
    echo "$file is not made of $rules as it is: make kubernetes-rules"
    exit 1
fi
