new TextEncoder().encode("hi!");
