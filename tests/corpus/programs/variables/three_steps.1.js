const files = await tools.listFiles({ folder: "/data" });
files;
