const buf = new ArrayBuffer(8);
const view = new DataView(buf);
view.setUint16(0, 0xbeef);
view.setFloat32(4, 1.5, true);
const bytes = new Uint8Array(buf);
Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
