// Lends Bluetooth to a daemon that may not administer it: opens the kernel's management channel, on which the kernel
// notes at its opening that the opener has CAP_NET_ADMIN, and /dev/rfkill; passes both on; ends.
//
// systemd starts one for each connection to bitting-bluetooth.socket, with the connection as descriptor 0. Nothing is
// read from whoever asks: the file mode of the socket says who may. Exit status: 0 when everything was lent, 1 when
// something was not (the borrower is told what), 71 when the borrower was gone.
#include <stdio.h>
#include <string.h>

#include "cbluez.h"

int main(void) {
  int lent[CBLUEZ_LENT_KINDS] = {cbluez_management_open(), cbluez_rfkill_open(1)};
  int rc = cbluez_lend(0, lent);
  if (rc < 0) {
    fprintf(stderr, "nothing could be lent over descriptor 0: %s; start this by bitting-bluetooth.socket\n",
            strerror(-rc));
    return 71;
  }
  if (lent[0] < 0) fprintf(stderr, "no management channel: %s\n", strerror(-lent[0]));
  if (lent[1] < 0) fprintf(stderr, "no /dev/rfkill: %s\n", strerror(-lent[1]));
  return lent[0] < 0 || lent[1] < 0;
}
