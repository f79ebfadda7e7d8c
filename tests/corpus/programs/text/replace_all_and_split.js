const raw = "  name = Ada ;  age=36;;city =  London ";
const parsed = Object.fromEntries(
  raw.split(";").map(p => p.trim()).filter(Boolean).map(p => p.split("=").map(x => x.trim()))
);
parsed.title = "Mrs.__Lovelace__".replaceAll("__", " ").trim();
parsed;
