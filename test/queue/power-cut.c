/*
 * What a disk would hold after a power cut. Preloaded into a process, it keeps for each file of the folder POWER_CUT_FROM
 * a copy in POWER_CUT_TO, as the file was when it was last synced: a write that nobody synced is not in it. A file that was
 * removed goes when the folder is synced. A copy is put in place by rename, so it is never half written, and one at a time,
 * so that a copy never takes the place of a later one.
 *
 *   cc -shared -fPIC -o power-cut.so power-cut.c -ldl
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder was synced: what is gone from it is gone for good. */
static void forget(const char *from, const char *to) {
  char path[PATH_MAX];
  DIR *folder = opendir(to);
  if (folder == NULL) return;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
    if (access(path, F_OK) == 0) continue;
    snprintf(path, sizeof path, "%s/%s", to, entry->d_name);
    unlink(path);
  }
  closedir(folder);
}

static void keep(int fd) {
  const char *from = getenv("POWER_CUT_FROM");
  const char *to = getenv("POWER_CUT_TO");
  char link[64], path[PATH_MAX], copy[PATH_MAX], ready[PATH_MAX];
  if (from == NULL || to == NULL) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  if (strcmp(path, from) == 0) {
    forget(from, to);
    return;
  }
  if (strncmp(path, from, strlen(from)) != 0) return;
  const char *name = strrchr(path, '/') + 1;
  snprintf(copy, sizeof copy, "%s/.%s", to, name);
  snprintf(ready, sizeof ready, "%s/%s", to, name);
  /* Closed with its holder, killed or not. */
  snprintf(path, sizeof path, "%s/.lock", to);
  int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) abort();
  int out = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0) abort();
  struct stat found;
  if (fstat(fd, &found) != 0) abort();
  char *octets = malloc(found.st_size + 1);
  ssize_t got = pread(fd, octets, found.st_size, 0);
  if (got < 0 || write(out, octets, got) != got) abort();
  free(octets);
  close(out);
  if (rename(copy, ready) != 0) abort();
  close(lock);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}

int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}
