/** Content that shows when it is not whole: a number and `length`, then as many copies of the number's last digit. */
export function sealed(number: number, length: number): string {
  return `${number} ${length} ${String(number % 10).repeat(length)}`;
}
