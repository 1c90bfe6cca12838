import { createServer, type Server } from "node:http";
import { listening } from "../../helpers/proxy-wire.ts";
import { answerQuestions } from "./bench-thread.ts";

/** About as long as a predict's answer with a vector of 384 numbers. */
const answer = JSON.stringify(
	Array.from({ length: 384 }, (_, index) => Math.sin(index)),
);

let server: Server | undefined;

/** A server that answers at once, with the same thing always: "start" is answered with its URL. */
answerQuestions(async (_question: "start"): Promise<string> => {
	server = createServer((request, response) => {
		request.resume();
		response.writeHead(200, { "content-type": "application/json" });
		response.end(answer);
	});
	return `http://127.0.0.1:${await listening(server)}`;
});
