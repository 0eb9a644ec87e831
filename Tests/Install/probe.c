/* Tries what bitting.service forbids, in the place of the daemon, and prints for each attempt `NAME RESULT`: `ok`, or why
 * not as the kernel names it. Linked statically, so that it needs no file but itself. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AF_BLUETOOTH
#define AF_BLUETOOTH 31
#endif

static void tell(const char *name, long result) {
  printf("%s %s\n", name, result >= 0 ? "ok" : strerrorname_np(errno));
  fflush(stdout);
}

static int opens(const char *path, int flags) {
  int descriptor = open(path, flags | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
  if (descriptor >= 0) close(descriptor);
  return descriptor;
}

/* How many names of other processes there are below /proc. */
static int others(void) {
  DIR *directory = opendir("/proc");
  int count = 0;
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    int number = atoi(entry->d_name);
    count += number > 0 && number != getpid();
  }
  if (directory != NULL) closedir(directory);
  return count;
}

/* Whether a child may be traced: what traces this one would stop it at its signals. */
static int traces(void) {
  pid_t child = fork();
  if (child == 0) _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0);
  int status = 0;
  waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return errno == 0 ? 0 : -1;
}

/* Borrows the Bluetooth management channel, as the daemon does, and asks on it for the protocol's version: little-endian
 * { opcode 0x0001, controller none (0xffff), length 0 }, answered by { event 0x0001, controller, length, opcode, ... }. */
static int borrows(void) {
  struct sockaddr_un place = {AF_UNIX, "/run/bitting-bluetooth.sock"};
  int lender = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  if (lender < 0 || connect(lender, (struct sockaddr *)&place, sizeof place) < 0) return -1;
  char text[256], control[CMSG_SPACE(4 * sizeof(int))];
  struct iovec block = {text, sizeof text};
  struct msghdr message = {.msg_iov = &block, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(lender, &message, 0) < 0) return -1;
  struct cmsghdr *lent = CMSG_FIRSTHDR(&message);
  if (lent == NULL || lent->cmsg_type != SCM_RIGHTS) return errno = ENODATA, -1;
  int channel;
  memcpy(&channel, CMSG_DATA(lent), sizeof channel);
  const unsigned char question[] = {0x01, 0x00, 0xff, 0xff, 0x00, 0x00};
  unsigned char answer[512];
  if (write(channel, question, sizeof question) < 0) return -1;
  for (;;) {
    ssize_t got = read(channel, answer, sizeof answer);
    if (got < 8) return -1;
    if (answer[0] == 0x01 && answer[6] == 0x01) return 0;
  }
}

/* The status of a child that runs a program, or what kept it from being run. */
static int runs(const char *program) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) return -1;
  pid_t child = fork();
  if (child == 0) {
    char *arguments[] = {(char *)program, "-c", "exit 0", NULL};
    execv(program, arguments);
    int reason = errno;
    if (write(report[1], &reason, sizeof reason) < 0) _exit(1);
    _exit(1);
  }
  close(report[1]);
  int reason = 0;
  ssize_t got = read(report[0], &reason, sizeof reason);
  close(report[0]);
  if (child > 0) waitpid(child, NULL, 0);
  if (got <= 0) return child > 0 ? 0 : -1;
  errno = reason;
  return -1;
}

int main(int count, char **words) {
  /* A copy of it is run to see whether that can be done. */
  if (count == 3 && strcmp(words[1], "-c") == 0) return 0;
  const char *place = getenv("STATE_DIRECTORY");
  if (place == NULL || getuid() == 0) {
    fputs("this changes what it can: it is run as a unit of the box alone, never by hand\n", stderr);
    return 64;
  }
  char state[4096];
  snprintf(state, sizeof state, "%s/probe", place);

  /* What it has to be able to do. */
  tell("write-state", opens(state, O_CREAT | O_RDWR));
  tell("read-configuration", opens("/etc/bitting/bitting.yaml", O_RDONLY));
  tell("read-zones", opens("/usr/share/zoneinfo/Europe/Berlin", O_RDONLY));
  tell("socket-inet", socket(AF_INET, SOCK_STREAM, 0));
  tell("socket-netlink", socket(AF_NETLINK, SOCK_RAW, 0));
  tell("socket-bluetooth", socket(AF_BLUETOOTH, SOCK_SEQPACKET, 0));

  tell("borrow-bluetooth", borrows());

  /* Files. */
  tell("read-home", opens("/home/guest/letter", O_RDONLY));
  tell("read-root", opens("/root/letter", O_RDONLY));
  tell("read-shadow", opens("/etc/shadow", O_RDONLY));
  tell("read-credential", opens("/etc/credstore.encrypted/bitting.seal-key", O_RDONLY));
  tell("write-etc", opens("/etc/bitting/new", O_CREAT | O_WRONLY));
  tell("write-usr", opens("/usr/sbin/new", O_CREAT | O_WRONLY));
  tell("write-var", opens("/var/lib/new", O_CREAT | O_WRONLY));
  tell("write-tmp-of-others", access("/tmp/of-others", F_OK));
  tell("read-kernel-log", opens("/dev/kmsg", O_RDONLY));
  tell("write-sysctl", opens("/proc/sys/kernel/hostname", O_WRONLY));
  tell("write-sysfs", opens("/sys/power/state", O_WRONLY));
  printf("processes-of-others %d\n", others());

  /* Devices: the names come as arguments. */
  for (int n = 1; n < count; n++) {
    char name[256];
    snprintf(name, sizeof name, "open-%s", words[n]);
    tell(name, opens(words[n], O_RDWR));
  }

  /* Programs. */
  tell("run-shell", runs("/bin/sh"));
  tell("run-bitting", runs("/usr/bin/bitting"));
  const char *places[] = {place, getenv("RUNTIME_DIRECTORY"), "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"};
  const char *names[] = {"state", "run", "tmp", "var-tmp", "shm", "mqueue"};
  for (size_t n = 0; n < sizeof places / sizeof places[0]; n++) {
    char name[64], copy[4200];
    snprintf(name, sizeof name, "run-from-%s", names[n]);
    snprintf(copy, sizeof copy, "%s/probe.copy", places[n] ? places[n] : "/nowhere");
    int from = open("/proc/self/exe", O_RDONLY), to = open(copy, O_CREAT | O_WRONLY | O_TRUNC, 0700);
    char block[65536];
    for (ssize_t got; from >= 0 && to >= 0 && (got = read(from, block, sizeof block)) > 0;)
      if (write(to, block, (size_t)got) != got) break;
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    tell(name, to < 0 ? -1 : runs(copy));
    unlink(copy);
  }
  unlink(state);

  /* Memory that is both written and executed. */
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("map-writable-code", page == MAP_FAILED ? -1 : 0);
  page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("make-code-of-data", page == MAP_FAILED ? -1 : mprotect(page, 4096, PROT_READ | PROT_EXEC));

  /* Sockets beyond its own. */
  tell("socket-packet", socket(AF_PACKET, SOCK_RAW, 0));
  tell("socket-raw", socket(AF_INET, SOCK_RAW, 1));
  tell("socket-alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
  /* What is said over Bluetooth: { family 31, device none (0xffff), channel 2: monitor } */
  struct { unsigned short family, device, channel; } monitor = {AF_BLUETOOTH, 0xffff, 2};
  int channel = socket(AF_BLUETOOTH, SOCK_RAW, 1);
  tell("bluetooth-monitor", channel < 0 ? -1 : bind(channel, (struct sockaddr *)&monitor, sizeof monitor));

  /* Powers. */
  struct timeval now;
  gettimeofday(&now, NULL);
  tell("set-clock", settimeofday(&now, NULL));
  tell("become-root", setuid(0));
  tell("trace", traces());
  tell("signal-init", kill(1, 0));
  tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
  tell("new-user-namespace", unshare(CLONE_NEWUSER));
  tell("new-mount-namespace", unshare(CLONE_NEWNS));
  tell("set-hostname", sethostname("box", 3));
  tell("load-module", syscall(SYS_init_module, "", 0, ""));
  tell("swap-on", swapon("/dev/null", 0));
  tell("reboot", reboot(RB_DISABLE_CAD));
  tell("real-time", sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1}));
  tell("set-user-id-file", chmod("/var/lib/bitting", 04700));
  tell("personality", syscall(SYS_personality, 0x0008000L));
  tell("keyring", syscall(SYS_add_key, "user", "probe", "x", 1, -3));
  struct rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  printf("core-limit %llu\n", (unsigned long long)core.rlim_max);
  return 0;
}
