counter * 2;
