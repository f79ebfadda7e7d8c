const months = Array.from({ length: 12 }, (_, i) => new Date(Date.UTC(2024, i, 1)).toLocaleString('en-US', { month: 'short', timeZone: 'UTC' }));
months.join(' ');
