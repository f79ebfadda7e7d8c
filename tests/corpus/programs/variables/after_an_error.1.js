let counter = 1;
counter += 1;
counter;
