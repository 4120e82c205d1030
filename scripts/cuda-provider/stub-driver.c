/*
 * A libcuda.so.1 that knows no device, to load CUDA libraries on a machine without NVIDIA's driver:
 * cc -shared -fPIC -DDRIVER_VERSION=13000 -o libcuda.so.1 stub-driver.c
 */
#include <string.h>

#define SUCCESS 0
#define ERROR_NO_DEVICE 100

int cuInit(unsigned flags) {
  (void)flags;
  return ERROR_NO_DEVICE;
}

int cuDriverGetVersion(int *version) {
  *version = DRIVER_VERSION;
  return SUCCESS;
}

int cuDeviceGetCount(int *count) {
  *count = 0;
  return ERROR_NO_DEVICE;
}

int cuTensorMapEncodeTiled(void) {
  return ERROR_NO_DEVICE;
}

static int other(void) {
  return ERROR_NO_DEVICE;
}

int cuGetProcAddress_v2(const char *name, void **found, int version, unsigned long long flags, int *status) {
  (void)version;
  (void)flags;
  if (!strcmp(name, "cuInit")) *found = (void *)cuInit;
  else if (!strcmp(name, "cuDriverGetVersion")) *found = (void *)cuDriverGetVersion;
  else if (!strcmp(name, "cuDeviceGetCount")) *found = (void *)cuDeviceGetCount;
  else if (!strncmp(name, "cuGetProcAddress", 16)) *found = (void *)cuGetProcAddress_v2;
  else *found = (void *)other;
  if (status) *status = 0;
  return SUCCESS;
}

int cuGetProcAddress(const char *name, void **found, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(name, found, version, flags, 0);
}
