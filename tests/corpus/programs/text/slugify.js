const slugify = (s) =>
  s.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim()
   .replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
["Crème Brûlée à la carte!", "  Straße & Größe ", "Ångström 2.0"].map(slugify);
