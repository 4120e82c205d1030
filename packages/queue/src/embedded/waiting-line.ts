import type { Ticket } from './ticket.js';

/** Waiting tickets of one kind. Tenants take turns; the tickets of one tenant come in the order in which they were added. */
export class WaitingLine {
  /** By tenant, the one that has waited longest first; none is empty. */
  readonly #byTenant = new Map<string, Ticket[]>();
  /** Tickets that were taken and came back, before all turns. */
  #returned: Ticket[] = [];
  /** By tenant: at which take it had its last turn. */
  readonly #servedAt = new Map<string, number>();
  #takes = 0;

  get size(): number {
    return [...this.#byTenant.values()].reduce((sum, tickets) => sum + tickets.length, this.#returned.length);
  }

  add(ticket: Ticket): void {
    const { tenant } = ticket.entry;
    const tickets = this.#byTenant.get(tenant);
    if (tickets) tickets.push(ticket);
    else this.#byTenant.set(tenant, [ticket]);
  }

  /** Puts a ticket that was taken before all others. */
  putBack(ticket: Ticket): void {
    this.#returned.unshift(ticket);
  }

  /** The ticket whose turn it is: of the tenants that wait, that which was served longest ago. */
  take(): Ticket | undefined {
    const returned = this.#returned.shift();
    if (returned !== undefined) return returned;
    const served = (tenant: string) => this.#servedAt.get(tenant) ?? 0;
    const [first, ...others] = this.#byTenant.keys();
    if (first === undefined) return undefined;
    const next = others.reduce((least, tenant) => (served(tenant) < served(least) ? tenant : least), first);
    this.#servedAt.set(next, ++this.#takes);
    const tickets = this.#byTenant.get(next) ?? [];
    const ticket = tickets.shift();
    if (tickets.length === 0) this.#byTenant.delete(next);
    return ticket;
  }

  /** False when the ticket does not wait. */
  remove(ticket: Ticket): boolean {
    const { tenant } = ticket.entry;
    const tickets = this.#byTenant.get(tenant) ?? [];
    const wasHere = [tickets, this.#returned].some((list) => {
      const place = list.indexOf(ticket);
      return place >= 0 && list.splice(place, 1).length > 0;
    });
    if (tickets.length === 0) this.#byTenant.delete(tenant);
    return wasHere;
  }

  clear(): void {
    this.#byTenant.clear();
    this.#returned = [];
  }
}
