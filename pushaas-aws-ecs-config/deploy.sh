#!/bin/bash
# Makes, or brings up to date, everything that pushaas needs on AWS, and pushaas itself.
set -euo pipefail
cd "$(dirname "$0")"
. ./common.sh

usage() {
    cat <<'USAGE'
Usage: REGISTRY=... ./deploy.sh [--dry-run] [--with-tsuru] [--print-configuration]

Makes the stacks network, security, cluster, roles, storage, balancers, redis and pushaas, one after the other. What is there already is
brought up to date; what has not changed is left alone. At the end pushaas' address and configuration are printed.

  --dry-run              say what would be done, and do nothing; needs neither AWS nor its command line
  --with-tsuru           make the stack tsuru, too; needs OPERATOR_CIDR
  --print-configuration  print the configuration of the pushaas that is there as variables, and do nothing

Variables:
  REGISTRY         where the images are: 123456789012.dkr.ecr.eu-west-1.amazonaws.com (required)
  TAG              their tag (latest)
  PREFIX           begins the names of the stacks (pushaas)
  REDIS            elasticache, or container, which is cheaper and away while it is replaced (elasticache)
  CLUSTER, NAMESPACE, SUBSCRIBERS_CIDR  (pushaas-cluster, push.internal, 0.0.0.0/0)
  VPC_BLOCK        the first half of the network's addresses (10.77)
  OPERATOR_CIDR    your own network, which may use Tsuru's API: 203.0.113.7/32
  AWS_REGION, AWS_PROFILE and their companions are the AWS command line's
USAGE
}

with_tsuru=false print_only=false
for argument in "$@"; do
    case $argument in
    --dry-run) dry_run=true ;;
    --with-tsuru) with_tsuru=true ;;
    --print-configuration) print_only=true ;;
    -h | --help) usage && exit 0 ;;
    *) die "'$argument' is no option; see --help" ;;
    esac
done
check

# deploy STACK TEMPLATE [KEY=VALUE...]
deploy() {
    local stack="$prefix-$1" template="stacks/$2.yaml"
    shift 2
    if $dry_run; then
        echo "would deploy $stack from $template"
        [ $# -eq 0 ] || printf '    %s\n' "$@"
        return
    fi
    echo "== $stack"
    local started=$SECONDS parameters="" pair verb=create said
    for pair in "$@"; do
        parameters+="${parameters:+,}{\"ParameterKey\":\"${pair%%=*}\",\"ParameterValue\":\"${pair#*=}\"}"
    done
    if aws cloudformation describe-stacks --stack-name "$stack" >/dev/null 2>&1; then verb=update; fi
    if ! said=$(aws cloudformation "$verb-stack" --stack-name "$stack" --template-body "file://$template" --parameters "[$parameters]" \
        --capabilities CAPABILITY_IAM --tags "Key=pushaas,Value=$prefix" 2>&1); then
        case $said in
        *"No updates are to be performed"*)
            echo "== $stack: unchanged"
            return
            ;;
        esac
        die "$stack: $said"
    fi
    if ! aws cloudformation wait "stack-$verb-complete" --stack-name "$stack"; then
        echo "$stack failed:" >&2
        aws cloudformation describe-stack-events --stack-name "$stack" --output text \
            --query "StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]" | head -n 10 >&2
        exit 1
    fi
    echo "== $stack: $((SECONDS - started)) s"
}

# The configuration as pushaas reads it, from the outputs of the stack that has the same values in its task.
configuration() {
    local names=(
        PROVIDER Provider ECS__REGION Region ECS__CLUSTER Cluster ECS__SUBNET Subnet ECS__SECURITY_GROUP SecurityGroup
        ECS__ASSIGN_PUBLIC_IP AssignPublicIp ECS__DNS_NAMESPACE DnsNamespace ECS__LOGS_GROUP LogsGroup
        ECS__EXECUTION_ROLE ExecutionRole ECS__REDIS__MODE RedisMode ECS__REDIS__EFS_FILE_SYSTEM RedisEfsFileSystem
        ECS__REDIS__EFS_ACCESS_POINT RedisEfsAccessPoint ECS__STREAM_LOAD_BALANCER__ARN StreamLoadBalancerArn
        ECS__API_LOAD_BALANCER__ARN ApiLoadBalancerArn ECS__API_LOAD_BALANCER__TRUSTED_PROXIES ApiLoadBalancerTrustedProxies
        ECS__IMAGE_PUSH_API ImagePushApi ECS__IMAGE_PUSH_AGENT ImagePushAgent ECS__IMAGE_PUSH_STREAM ImagePushStream
        ECS__IMAGE_PUSH_REDIS ImagePushRedis
    )
    local index
    for ((index = 0; index < ${#names[@]}; index += 2)); do
        echo "PUSHAAS_PROVISIONER__${names[index]}=$(output pushaas "${names[index + 1]}")"
    done
}

if $print_only; then
    configuration
    exit 0
fi
[ -n "${REGISTRY:-}" ] || die "REGISTRY is not set: where the images are; see --help"
$with_tsuru && [ -z "${OPERATOR_CIDR:-}" ] && die "OPERATOR_CIDR is not set: who may use Tsuru's API; see --help"

deploy network network "Block=${VPC_BLOCK:-10.77}"
vpc=$(output network VpcId) cidr=$(output network Cidr)
public=$(output network PublicSubnets) private=$(output network PrivateSubnets)
deploy security security "VpcId=$vpc" "VpcCidr=$cidr" "SubscribersCidr=${SUBSCRIBERS_CIDR:-0.0.0.0/0}"
deploy cluster cluster "VpcId=$vpc" "ClusterName=${CLUSTER:-pushaas-cluster}" "Namespace=${NAMESPACE:-push.internal}"
cluster=$(output cluster Cluster) namespace=$(output cluster Namespace) logs=$(output cluster LogGroup)
deploy roles roles "Cluster=$cluster" "LogGroup=$logs"
deploy storage storage "Subnets=$private" "StorageGroup=$(output security StorageGroup)"
deploy balancers balancers "Subnets=$public" "PrivateSubnets=$private" \
    "StreamBalancerGroup=$(output security StreamBalancerGroup)" "ApiBalancerGroup=$(output security ApiBalancerGroup)"
if [ "$redis" = elasticache ]; then
    deploy redis redis-elasticache "Subnets=$private" "RedisGroup=$(output security RedisGroup)"
else
    deploy redis redis-container "Cluster=$cluster" "Namespace=$namespace" "NamespaceId=$(output cluster NamespaceId)" \
        "LogGroup=$logs" "Subnets=$private" "RedisGroup=$(output security RedisGroup)" "FileSystem=$(output storage FileSystem)" \
        "ExecutionRole=$(output roles ExecutionRole)" "Image=$REGISTRY/push-redis:${TAG:-latest}"
fi
deploy pushaas pushaas "VpcId=$vpc" "VpcCidr=$cidr" "PrivateSubnets=$private" "PushaasGroup=$(output security PushaasGroup)" \
    "InstanceGroup=$(output security InstanceGroup)" "Cluster=$cluster" "Namespace=$namespace" "LogGroup=$logs" \
    "ExecutionRole=$(output roles ExecutionRole)" "PushaasRole=$(output roles PushaasRole)" \
    "FileSystem=$(output storage FileSystem)" "AccessPoint=$(output storage AccessPoint)" \
    "StreamBalancer=$(output balancers StreamBalancer)" "ApiBalancer=$(output balancers ApiBalancer)" \
    "ApiHost=$(output balancers ApiHost)" "RedisUrlSecret=$(output redis UrlSecret)" "Registry=$REGISTRY" "Tag=${TAG:-latest}"
if $with_tsuru; then
    deploy tsuru tsuru "VpcId=$vpc" "PublicSubnet=${public%%,*}" "OperatorCidr=$OPERATOR_CIDR"
fi

echo
echo "pushaas is at $(output pushaas Endpoint), for whoever is in the network. The password of its user tsuru:"
echo "  aws secretsmanager get-secret-value --secret-id '$(output pushaas PasswordSecret)' --query SecretString --output text"
echo "Its configuration:"
configuration
