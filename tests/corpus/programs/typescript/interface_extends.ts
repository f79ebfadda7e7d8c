interface Entity { readonly id: string }
interface Timestamped { createdAt: Date; age?(now: Date): number }
interface Ticket extends Entity, Timestamped {
  title: string;
  tags: readonly string[];
  onClose?: (by: string) => void;
}
const ticket: Ticket = {
  id: "T-1",
  createdAt: new Date("2024-04-01T00:00:00Z"),
  title: "Late order",
  tags: ["late", "mail"] as const,
  age(now: Date): number { return (now.getTime() - this.createdAt.getTime()) / 86_400_000; },
};
({ id: ticket.id, age: ticket.age?.(new Date("2024-04-10T00:00:00Z")), tags: ticket.tags.length });
