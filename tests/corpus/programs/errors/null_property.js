const customer = await tools.getCustomer({ customer_id: "C-2" });
let city;
try {
  city = customer.address.city;
} catch (e) {
  city = e instanceof TypeError ? "no address" : "other";
}
city;
