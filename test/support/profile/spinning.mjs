// Stands for a service whose processor time one function uses.
function spin() {
  let sum = 0;
  for (let i = 0; i < 300_000_000; i++) sum += i % 7;
  return sum;
}

// As the sockets of a service do, this keeps the process alive.
process.channel?.ref();
process.on('message', (message) => {
  if (message === 'spin') process.send?.({ spun: spin() });
});
