cart.add("MS-2", 3);
cart instanceof Cart && cart.count;
