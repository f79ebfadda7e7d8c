async function main() {
  try {
    const files = await tools.listFiles({ folder: "/data" });
    console.log(files.length + " files");
    return files;
  } catch (err) {
    console.error("Error:", err.message);
    throw err;
  }
}

main().catch(console.error);
