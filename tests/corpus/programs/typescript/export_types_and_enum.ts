export type Id = string;
export enum Kind { Order = "order", Mail = "mail" }
const kinds: Kind[] = [Kind.Order, Kind.Mail];
kinds.map((k: Kind): Id => `${k}-1`);
