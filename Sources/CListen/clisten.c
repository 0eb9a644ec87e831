#define _GNU_SOURCE
#include "clisten.h"

#include <cunixsocket.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof(struct clisten_peer) == sizeof(struct ucred) &&
                   offsetof(struct clisten_peer, uid) == offsetof(struct ucred, uid) && SO_PEERCRED == 17,
               "unix(7)");

static const int backlog = 256;

static int fails_closing(int fd) {
  int error = errno;
  close(fd);
  return -error;
}

int clisten_resolve(const char *host, char *text, size_t capacity) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *list = NULL;
  int rc = getaddrinfo(host, NULL, &hints, &list);
  // Every EAI_ code of this system is negative already.
  if (rc != 0) return rc < 0 ? rc : -rc;
  int found = 0;
  size_t used = 0;
  text[0] = 0;
  for (const struct addrinfo *info = list; info != NULL; info = info->ai_next) {
    char one[NI_MAXHOST];
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    if (getnameinfo(info->ai_addr, info->ai_addrlen, one, sizeof one, NULL, 0, NI_NUMERICHOST) != 0) continue;
    char padded[NI_MAXHOST + 2], all[4096];
    snprintf(padded, sizeof padded, " %s ", one);
    snprintf(all, sizeof all, " %s ", text);
    if (strstr(all, padded) != NULL) continue;
    int wrote = snprintf(text + used, capacity - used, "%s%s", found > 0 ? " " : "", one);
    if (wrote < 0 || (size_t)wrote >= capacity - used) {
      text[used] = 0;
      break;
    }
    used += (size_t)wrote;
    found += 1;
  }
  freeaddrinfo(list);
  return found > 0 ? found : EAI_NONAME;
}

const char *clisten_resolve_error(int code) { return gai_strerror(code); }

int clisten_tcp(const char *address, uint16_t port, int ipv6_only) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
  struct addrinfo *info = NULL;
  char service[6];
  snprintf(service, sizeof service, "%u", port);
  if (getaddrinfo(address, service, &hints, &info) != 0) return -EINVAL;
  int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1, rc = fd < 0 ? -errno : 0;
  if (rc == 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
                  (info->ai_family == AF_INET6 &&
                   setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &ipv6_only, sizeof ipv6_only) < 0) ||
                  bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, backlog) < 0))
    rc = fails_closing(fd);
  freeaddrinfo(info);
  return rc < 0 ? rc : fd;
}

int clisten_unix(const char *path) { return cunixsocket_listen(path, SOCK_STREAM, backlog); }

int clisten_is_answered(const char *path) {
  struct stat entry;
  if (lstat(path, &entry) < 0) return -errno;
  if (!S_ISSOCK(entry.st_mode)) return -ENOTSOCK;
  int rc = cunixsocket_connect(path, SOCK_STREAM);
  if (rc >= 0) {
    close(rc);
    return 1;
  }
  // A full queue of one who listens is EAGAIN; one who listens for another kind of message is EPROTOTYPE.
  if (rc == -EAGAIN || rc == -EPROTOTYPE) return 1;
  return rc == -ECONNREFUSED ? 0 : rc;
}

int clisten_remove(const char *path) { return unlink(path) < 0 ? -errno : 0; }

int clisten_identify(const char *path, uint64_t *device, uint64_t *inode) {
  struct stat entry;
  if (lstat(path, &entry) < 0) return -errno;
  *device = entry.st_dev;
  *inode = entry.st_ino;
  return 0;
}

int clisten_describe(int fd, uint16_t *port, char *text, size_t capacity) {
  union {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_un local;
    struct sockaddr_storage room;
  } address;
  socklen_t length = sizeof address;
  int type = 0, listens = 0;
  socklen_t of_int = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &of_int) < 0) return -errno;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &of_int) < 0) return -errno;
  if (type != SOCK_STREAM || !listens) return -EINVAL;
  memset(&address, 0, sizeof address);
  if (getsockname(fd, &address.any, &length) < 0) return -errno;
  *port = 0;
  text[0] = 0;
  if (address.any.sa_family == AF_UNIX) {
    snprintf(text, capacity, "%s", address.local.sun_path);
    return CLISTEN_UNIX;
  }
  if (address.any.sa_family != AF_INET && address.any.sa_family != AF_INET6) return -EINVAL;
  *port = ntohs(address.any.sa_family == AF_INET ? address.ipv4.sin_port : address.ipv6.sin6_port);
  if (getnameinfo(&address.any, length, text, (socklen_t)capacity, NULL, 0, NI_NUMERICHOST) != 0) return -EINVAL;
  return CLISTEN_IP;
}

int clisten_adopt(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}
