/** Gives processes that start later the C library's settings of the container images, where there are no others. */
export function asInContainer() {
  process.env.MALLOC_MMAP_THRESHOLD_ ??= '131072';
  process.env.MALLOC_TRIM_THRESHOLD_ ??= '131072';
}
