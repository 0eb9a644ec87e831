// The kernel's struct termios2 lives here; <termios.h> defines another struct termios and must stay out.
#include "ctermios.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <linux/tty_flags.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>

_Static_assert(sizeof(struct termios2) == 44, "struct termios2 as in asm-generic");
_Static_assert(sizeof(struct serial_rs485) == 32, "struct serial_rs485 is 32 bytes on every Linux");
_Static_assert(sizeof(void *) != 8 || sizeof(struct serial_struct) == 72, "struct serial_struct on 64 bits");

static int value_or_errno(int rc) { return rc < 0 ? -errno : rc; }

int ctermios_open(const char *path) {
  int fd;
  do {
    fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  return value_or_errno(fd);
}

int ctermios_lock(int fd) { return value_or_errno(flock(fd, LOCK_EX | LOCK_NB)); }

int ctermios_set_exclusive(int fd) { return value_or_errno(ioctl(fd, TIOCEXCL)); }

int ctermios_release(int fd) {
  int rc = 0;
  if (ioctl(fd, TCFLSH, TCOFLUSH) < 0) rc = -errno;
  if (ioctl(fd, TIOCNXCL) < 0) rc = -errno;
  if (flock(fd, LOCK_UN) < 0) rc = -errno;
  return rc;
}

int ctermios_set_raw(int fd, uint32_t baud) {
  if (baud == 0) return -EINVAL;
  struct termios2 t;
  if (ioctl(fd, TCGETS2, &t) < 0) return -errno;
  t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF | IXANY);
  t.c_oflag &= ~(tcflag_t)OPOST;
  t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | HUPCL | CRTSCTS | CBAUD | (CBAUD << IBSHIFT));
  t.c_cflag |= CS8 | CLOCAL | CREAD | BOTHER | ((tcflag_t)BOTHER << IBSHIFT);
  t.c_ispeed = baud;
  t.c_ospeed = baud;
  t.c_cc[VMIN] = 1;
  t.c_cc[VTIME] = 0;
  return value_or_errno(ioctl(fd, TCSETS2, &t));
}

int ctermios_get_baud(int fd, uint32_t *baud) {
  struct termios2 t;
  if (ioctl(fd, TCGETS2, &t) < 0) return -errno;
  *baud = t.c_ospeed;
  return 0;
}

int ctermios_flush_input(int fd) { return value_or_errno(ioctl(fd, TCFLSH, TCIFLUSH)); }

int ctermios_set_rs485(int fd, int rts_on_send, uint32_t delay_before_send, uint32_t delay_after_send) {
  struct serial_rs485 rs485;
  memset(&rs485, 0, sizeof rs485);
  rs485.flags = SER_RS485_ENABLED | (rts_on_send ? SER_RS485_RTS_ON_SEND : SER_RS485_RTS_AFTER_SEND);
  rs485.delay_rts_before_send = delay_before_send;
  rs485.delay_rts_after_send = delay_after_send;
  return value_or_errno(ioctl(fd, TIOCSRS485, &rs485));
}

int ctermios_set_low_latency(int fd) {
  struct serial_struct serial;
  memset(&serial, 0, sizeof serial);
  if (ioctl(fd, TIOCGSERIAL, &serial) < 0) return -errno;
  serial.flags |= ASYNC_LOW_LATENCY;
  return value_or_errno(ioctl(fd, TIOCSSERIAL, &serial));
}

int ctermios_is_hung_up(int fd) {
  struct pollfd p = {.fd = fd, .events = 0, .revents = 0};
  int rc;
  do {
    rc = poll(&p, 1, 0);
  } while (rc < 0 && errno == EINTR);
  if (rc < 0) return -errno;
  return (p.revents & (POLLHUP | POLLERR)) != 0;
}
