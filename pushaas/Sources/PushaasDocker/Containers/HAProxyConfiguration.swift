import FoundationEssentials
import PushaasProvisioning

/// What the balancer is told: HAProxy 2.6 and later.
///
/// It finds push-streams and push-apis by their names in the Engine's DNS, so they join and leave without a restart of it, which would end
/// every stream.
enum HAProxyConfiguration {
    /// Containers of one component that it can find.
    static let maximumServers = 64
    /// Where it tells, to who has pushaas' own credentials, how many servers are in use: `2 1` is two push-streams and one push-api.
    static let statusPath = "/pushaas/balancer"

    static func text(secrets: InstanceSpecification.Secrets) -> String {
        let credentials = Data("\(secrets.apiUser):\(secrets.apiPassword)".utf8).base64EncodedString()
        return """
            global
                # Connections follow from the limit of open files that the Engine gives (two for each), up to this.
                fd-hard-limit 500000
                log stdout format raw local0 notice

            # The Engine's DNS, which each container has under this address.
            resolvers engine
                nameserver dns 127.0.0.11:53
                accepted_payload_size 8192
                resolve_retries 3
                timeout resolve 1s
                timeout retry   1s
                hold valid      1s
                hold nx         1s
                hold obsolete   3s
                # While the Engine itself restarts, what was known stays.
                hold other      10m
                hold refused    10m
                hold timeout    10m

            defaults
                mode    http
                log     global
                # A server that refuses is asked no more, and each try goes to another one: those that are parted with come back before the next
                # check has found out, several servers may be ending, and a browser's EventSource takes a 503 for good.
                option  redispatch 1
                retries 20
                option  forwardfor
                # What push-stream sends has to leave at once.
                option  http-no-delay
                timeout connect         3s
                timeout http-request    15s
                timeout http-keep-alive 75s
                timeout queue           5s
                # Longer than a server on a busy machine takes: it may be the only one.
                timeout check           10s
                # Above push-stream's ping of 30 s and its long polls of 30 s: a stream that is silent for longer is dead.
                timeout client          75s
                timeout server          75s
                # WebSockets have pings too.
                timeout tunnel          75s
                option  httpchk GET /readyz
                http-check expect status 200
                default-server check inter 1s fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down resolvers engine resolve-prefer ipv4 init-addr none

            frontend subscribers
                bind :9080
                default_backend push-stream

            frontend publishers
                bind :8080
                acl status path \(self.statusPath)
                acl pushaas req.hdr(Authorization) -m str "Basic \(credentials)"
                http-request return status 200 content-type text/plain lf-string "%[nbsrv(push-stream)] %[nbsrv(push-api)]" if status pushaas
                default_backend push-api

            backend push-stream
                balance leastconn
                server-template stream \(self.maximumServers) \(Definitions.streamAlias):9080

            backend push-api
                balance roundrobin
                server-template api \(self.maximumServers) \(Definitions.apiAlias):8080

            """
    }
}
