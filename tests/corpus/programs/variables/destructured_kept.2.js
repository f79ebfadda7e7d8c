`${name} (${city}) and ${others.length} others`;
