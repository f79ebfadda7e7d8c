await customer("C-1");
const again = await customer("C-3");
again;
