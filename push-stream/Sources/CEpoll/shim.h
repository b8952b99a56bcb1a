#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// As accept4(2) declares it: the system's header does so only for those who ask for GNU's extensions.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
