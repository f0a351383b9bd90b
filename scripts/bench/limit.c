/* The limit: the least that answers NTP over UDP with the kernel's receive stamps, in batches.
   Usage: limit PORT. It serves the clock as it is, and is no server for anything but a benchmark. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, REQUEST = 2048, NTP = 48, CONTROL = 128, TO_UNIX = 2208988800u };

static struct mmsghdr requests[BATCH], replies[BATCH];
static struct iovec in[BATCH], out[BATCH];
static struct sockaddr_in names[BATCH];
static unsigned char request[BATCH][REQUEST], reply[BATCH][NTP], control[BATCH][CONTROL];

static void stamp(unsigned char *at, struct timespec time) {
  uint32_t seconds = htonl((uint32_t)(time.tv_sec + TO_UNIX));
  uint32_t fraction = htonl((uint32_t)(((uint64_t)time.tv_nsec << 32) / 1000000000));
  memcpy(at, &seconds, 4);
  memcpy(at + 4, &fraction, 4);
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1, queue = 256 * 1024, fd = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("bind");
    return 1;
  }
  for (int i = 0; i < BATCH; i++) {
    in[i] = (struct iovec){request[i], REQUEST};
    out[i] = (struct iovec){reply[i], NTP};
    requests[i].msg_hdr = (struct msghdr){
        .msg_name = &names[i], .msg_iov = &in[i], .msg_iovlen = 1, .msg_control = control[i]};
  }
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      requests[i].msg_hdr.msg_namelen = sizeof names[i];
      requests[i].msg_hdr.msg_controllen = CONTROL;
    }
    int count = recvmmsg(fd, requests, BATCH, MSG_WAITFORONE, NULL), answers = 0;
    for (int i = 0; i < count; i++) {
      if (requests[i].msg_len < NTP || (request[i][0] & 7) != 3) continue;
      struct timespec received, now;
      struct cmsghdr *message = CMSG_FIRSTHDR(&requests[i].msg_hdr);
      memcpy(&received, CMSG_DATA(message), sizeof received);
      unsigned char *to = reply[answers];
      memset(to, 0, NTP);
      to[0] = (request[i][0] & 0x38) | 4;
      to[1] = 1;
      to[2] = request[i][2];
      to[3] = 0xe7;
      memcpy(to + 12, "LOCL", 4);
      memcpy(to + 24, request[i] + 40, 8);
      stamp(to + 32, received);
      clock_gettime(CLOCK_REALTIME, &now);
      stamp(to + 16, now);
      stamp(to + 40, now);
      replies[answers].msg_hdr = (struct msghdr){.msg_name = &names[i],
                                                 .msg_namelen = sizeof names[i],
                                                 .msg_iov = &out[answers],
                                                 .msg_iovlen = 1};
      answers++;
    }
    for (int sent = 0; sent < answers;) {
      int more = sendmmsg(fd, replies + sent, answers - sent, 0);
      sent += more > 0 ? more : 1;
    }
  }
}
