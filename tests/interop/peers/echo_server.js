// An echo server of node's `ws`: as echo_server.py.
const { WebSocketServer } = require("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 2 ** 26 }, () => {
  console.log(server.address().port);
});
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => {
    if (!isBinary && data.toString() === "close") socket.close(3001, "as asked");
    else socket.send(data, { binary: isBinary });
  });
});
