#!/bin/bash
# Removes everything that deploy.sh has made.
set -euo pipefail
cd "$(dirname "$0")"
. ./common.sh

usage() {
    cat <<'USAGE'
Usage: ./destroy.sh [--dry-run] [--force]

Removes the stacks in the opposite order. It stops at once if there are Push Service instances: destroy them first, through pushaas
(tsuru service instance remove), which knows all that belongs to them.

  --dry-run  say what would be done, and do nothing; needs neither AWS nor its command line
  --force    go on although there are instances; what belongs to them may then keep stacks from being removed

Variables: PREFIX, AWS_REGION and their companions, as for deploy.sh.
USAGE
}

force=false
for argument in "$@"; do
    case $argument in
    --dry-run) dry_run=true ;;
    --force) force=true ;;
    -h | --help) usage && exit 0 ;;
    *) die "'$argument' is no option; see --help" ;;
    esac
done
check

if ! $dry_run && exists cluster; then
    instances=$(aws ecs list-services --cluster "$(output cluster Cluster)" --output text --query "serviceArns[?contains(@, '/pushaas-')]" |
        tr '\t' '\n' | sed -n 's,.*/pushaas-\(.*\)-push-\(api\|stream\|redis\)$,\1,p' | sort -u)
    if [ -n "$instances" ] && ! $force; then
        die "there are instances: ${instances//$'\n'/, }; destroy them first (tsuru service instance remove), or give --force"
    fi
fi

for stack in tsuru pushaas redis balancers storage roles cluster security network; do
    if $dry_run; then
        echo "would remove $prefix-$stack"
        continue
    fi
    exists "$stack" || continue
    echo "== $prefix-$stack"
    aws cloudformation delete-stack --stack-name "$prefix-$stack"
    aws cloudformation wait stack-delete-complete --stack-name "$prefix-$stack" ||
        die "$prefix-$stack could not be removed: aws cloudformation describe-stack-events --stack-name $prefix-$stack tells why"
done
$dry_run || echo "Everything is removed."
