import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort, Worker } from "node:worker_threads";

const require = createRequire(import.meta.url);
const viteNode = join(
	dirname(require.resolve("vite-node/package.json")),
	"vite-node.mjs",
);

type Outcome<Answer> =
	| { kind: "ready" }
	| { kind: "answer"; answer: Answer }
	| { kind: "failed"; reason: string };

/** A TypeScript file in a thread of its own, asked one thing at a time. */
export class BenchThread<Question, Answer> {
	readonly #worker: Worker;
	#settle: ((outcome: Outcome<Answer>) => void) | undefined;

	private constructor(file: URL) {
		this.#worker = new Worker(viteNode, { argv: [fileURLToPath(file)] });
		this.#worker.on("message", (outcome: Outcome<Answer>) =>
			this.#settle?.(outcome),
		);
		this.#worker.on("error", (error) =>
			this.#settle?.({ kind: "failed", reason: String(error) }),
		);
		this.#worker.on("exit", (code) =>
			this.#settle?.({ kind: "failed", reason: `it ended with ${code}` }),
		);
	}

	/** @param file a module that calls `answerQuestions` */
	static async start<Question, Answer>(
		file: URL,
	): Promise<BenchThread<Question, Answer>> {
		const thread = new BenchThread<Question, Answer>(file);
		await thread.#outcome();
		return thread;
	}

	async ask(question: Question): Promise<Answer> {
		const outcome = this.#outcome();
		this.#worker.postMessage(question);
		const settled = await outcome;
		if (settled.kind === "answer") return settled.answer;
		throw new Error("a thread of the bench answered out of turn");
	}

	async end(): Promise<void> {
		this.#settle = undefined;
		await this.#worker.terminate();
	}

	async #outcome(): Promise<Outcome<Answer>> {
		const outcome = await new Promise<Outcome<Answer>>((resolve) => {
			this.#settle = resolve;
		});
		this.#settle = undefined;
		if (outcome.kind !== "failed") return outcome;
		throw new Error(`a thread of the bench failed: ${outcome.reason}`);
	}
}

/** The other end: what such a thread does with a question. */
export function answerQuestions<Question, Answer>(
	answer: (question: Question) => Promise<Answer>,
): void {
	const port = parentPort;
	if (port === null) throw new Error("this file runs in a worker thread");
	const say = (outcome: Outcome<Answer>) => port.postMessage(outcome);
	port.on("message", (question: Question) => {
		answer(question).then(
			(made) => say({ kind: "answer", answer: made }),
			(error: unknown) => say({ kind: "failed", reason: String(error) }),
		);
	});
	say({ kind: "ready" });
}
