const url = new URL("https://shop.example/search?q=caf%C3%A9+noir&tag=a&tag=b#top");
url.searchParams.append("page", "2");
url.searchParams.delete("q");
({
  tags: url.searchParams.getAll("tag"),
  entries: Object.fromEntries(url.searchParams),
  href: url.href,
  path: url.pathname,
});
