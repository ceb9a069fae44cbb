// A hook whose cloud lives in another process of the tests: hands what it is told to a socket, and back what is answered.
// Takes the socket's path; plain JavaScript, so that it starts quickly.
import { connect } from 'node:net';

const socket = connect(process.argv[2]);
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
