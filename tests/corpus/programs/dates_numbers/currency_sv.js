const sek = new Intl.NumberFormat('sv-SE', { style: 'currency', currency: 'SEK', maximumFractionDigits: 0 });
sek.format(1234567).replace(/\s/g, ' ');
