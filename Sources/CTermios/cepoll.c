#include "cepoll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

_Static_assert(CEPOLL_READABLE == EPOLLIN, "");
_Static_assert(CEPOLL_WRITABLE == EPOLLOUT, "");
_Static_assert(CEPOLL_HANGUP == (EPOLLERR | EPOLLHUP), "");
_Static_assert(CEPOLL_EDGE == EPOLLET, "");

enum { batch = 64 };

static int value_or_errno(int rc) { return rc < 0 ? -errno : rc; }

int cepoll_create(void) { return value_or_errno(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return value_or_errno(epoll_ctl(epoll, operation, fd, &event));
}

int cepoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, fd, events, token);
}

int cepoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, fd, events, token);
}

int cepoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

int cepoll_wait(int epoll, cepoll_event *events, int capacity) {
  struct epoll_event ready[batch];
  int count = epoll_wait(epoll, ready, capacity < batch ? capacity : batch, -1);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    events[i].token = ready[i].data.u64;
    events[i].events = ready[i].events;
  }
  return count;
}

int cepoll_make_wakeup(void) { return value_or_errno(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int cepoll_wake(int fd) { return value_or_errno(eventfd_write(fd, 1)); }

int cepoll_drain(int fd) {
  uint64_t count;
  ssize_t length = read(fd, &count, sizeof count);
  return length < 0 && errno != EAGAIN ? -errno : 0;
}

int cepoll_make_alarm(void) { return value_or_errno(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)); }

int cepoll_set_alarm(int fd, int64_t uptime) {
  // A time of 0 would switch the alarm off; the past goes off at once.
  if (uptime < 1) uptime = 1;
  struct itimerspec setting = {
      .it_interval = {0, 0},
      .it_value = {.tv_sec = uptime / 1000000000, .tv_nsec = uptime % 1000000000},
  };
  return value_or_errno(timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, NULL));
}

void cepoll_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

int64_t cepoll_uptime(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int cepoll_clock_is_synchronized(void) {
  struct timex clock = {.modes = 0};  // only reads
  int state = adjtimex(&clock);
  return state != -1 && state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

int64_t cepoll_wall_clock(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
