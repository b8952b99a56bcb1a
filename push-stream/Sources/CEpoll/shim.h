#include <sys/epoll.h>
#include <sys/eventfd.h>

// As accept4(2) declares it: the system's header does so only for those who ask for GNU's extensions.
struct sockaddr;
extern int accept4(int socket, struct sockaddr *address, unsigned int *length, int flags);
