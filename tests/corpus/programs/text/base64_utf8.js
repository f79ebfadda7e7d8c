const bytes = new TextEncoder().encode("Grüße 👋");
const b64 = btoa(String.fromCharCode(...bytes));
const back = new TextDecoder().decode(Uint8Array.from(atob(b64), (c) => c.charCodeAt(0)));
({ b64, length: bytes.length, back });
