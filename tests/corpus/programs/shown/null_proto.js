const dict = Object.create(null);
dict.a = 1;
dict.b = "two";
dict;
