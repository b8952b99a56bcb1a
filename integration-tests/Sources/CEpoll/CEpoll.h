#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
