# What deploy.sh and destroy.sh share. Sourced, not run.
# The order in which stacks are made; they are removed in the opposite one.
prefix=${PREFIX:-pushaas}
redis=${REDIS:-elasticache}
dry_run=false
# The older command line reads only this one.
[ -z "${AWS_REGION:-}" ] || export AWS_DEFAULT_REGION=$AWS_REGION

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# What needs AWS, and what has to be there for that.
check() {
    [[ $prefix =~ ^[a-z][a-z0-9-]{0,20}$ ]] || die "PREFIX '$prefix' is no name: small letters, digits and '-', 21 at most"
    [[ $redis == elasticache || $redis == container ]] || die "REDIS is elasticache or container, not '$redis'"
    $dry_run && return
    command -v aws >/dev/null || die "the AWS command line is not here: https://docs.aws.amazon.com/cli/ (--dry-run works without)"
    aws sts get-caller-identity >/dev/null || die "AWS does not know you: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its companions"
    [ -n "${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}" ] || die "no region: set AWS_REGION"
}

# An output of a stack of this installation.
output() { # output STACK NAME
    if $dry_run; then
        echo "<$2 of $prefix-$1>"
        return
    fi
    aws cloudformation describe-stacks --stack-name "$prefix-$1" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue | [0]"
}

exists() { aws cloudformation describe-stacks --stack-name "$prefix-$1" >/dev/null 2>&1; }
