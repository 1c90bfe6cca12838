import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Duplex, type Readable } from "node:stream";
import type { Logger } from "pino";
import { SidecarError } from "../errors.ts";
import { FrameReader } from "./frames.ts";
import {
	type Answer,
	decodeMessage,
	encodeMessage,
	type FromProcess,
	type ProcessStatus,
	type ToProcess,
} from "./messages.ts";
import type { ModelFacts, ModelSpec } from "./model-spec.ts";

/**
 * glibc then asks the kernel for huge pages, which takes some 7 % off a short text's run in fp32: all of the weights are read
 * for each. Of no effect elsewhere.
 *
 * @see https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
 */
const hugePages = { GLIBC_TUNABLES: "glibc.malloc.hugetlb=1" };

/** What a process says; anything else would be its own echo. */
const fromProcess: ReadonlySet<string> = new Set<FromProcess["kind"]>([
	"ready",
	"allocated",
	"granted",
	"status",
	"refused",
	"result",
	"failed",
]);

/** What the dynamic linker and the libraries of a model's process may need, and nothing more. */
const inheritedVariables = [
	"PATH",
	"LD_LIBRARY_PATH",
	"DYLD_LIBRARY_PATH",
	"TMPDIR",
	"TZ",
];

/**
 * After its end, milliseconds: what it has started has its output, too, and ends with it as soon as it looks up, or never if
 * it hangs.
 */
const closingMs = 5_000;

export interface SpawnedProcessOptions {
	modelId: string;
	logger: Logger;
}

export interface LoadOptions {
	spec: ModelSpec;
	/** Time until the model is ready, milliseconds. */
	timeoutMs: number;
	/** What came of an input. */
	onAnswer: (answer: Answer) => void;
	/** What runs inputs in it has changed. */
	onAllocated: (allocations: number) => void;
	/** No more threads run in it than that, after a grant of fewer. */
	onGranted: (processors: number) => void;
	/** What it says when it is asked how it is doing. */
	onStatus: (status: ProcessStatus) => void;
}

/**
 * One operating system process for one model, from its start to its end. It is spoken to over a socket pair
 * (descriptor 3) and ends when that closes: so also when the sidecar is killed.
 */
export class SpawnedProcess {
	/** Resolves when the process has ended and nothing comes from it any more; in words, how. */
	readonly ended: Promise<string>;
	readonly #child: ChildProcess;
	readonly #socket: Duplex;
	/** What went wrong, if the process' own end does not say it. */
	#failure: string | undefined;
	#allocations = 0;
	/** A process that has not been told to load has nothing to say. */
	#onMessage: (message: FromProcess) => void = () => undefined;

	/** Starts it, without its model. Throws what the operating system says if no process can be made. */
	constructor(options: SpawnedProcessOptions) {
		const { modelId, logger } = options;
		const child = spawn(process.execPath, [script(), modelId], {
			stdio: ["ignore", "pipe", "pipe", "pipe"],
			env: inheritedEnvironment(),
		});
		child.on("error", (error) => {
			this.#failure ??= error.message;
		});
		this.#child = child;
		this.#socket = socketOf(child);
		logLines(child, logger.child({ modelId, pid: child.pid }));
		this.#listen();
		// After `close` neither the socket nor the process has anything more to say.
		this.ended = new Promise((resolve) => {
			const end = () => resolve(this.#how());
			child.once("close", end);
			child.once("exit", () => setTimeout(end, closingMs).unref());
		});
	}

	/** What runs inputs in it: one from the moment it is ready, the others of its specification as they join. */
	get allocations(): number {
		return this.#allocations;
	}

	/** False as soon as the operating system says that it has ended. */
	get isRunning(): boolean {
		const { exitCode, signalCode } = this.#child;
		return exitCode === null && signalCode === null;
	}

	get pid(): number | undefined {
		return this.#child.pid;
	}

	/**
	 * Loads the model, once. Resolves when it answers, with one allocation; rejects with the reason why it does
	 * not, and the process then ends.
	 */
	load(options: LoadOptions): Promise<ModelFacts> {
		const { spec, timeoutMs, onAnswer } = options;
		return new Promise((resolve, reject) => {
			const deadline = setTimeout(() => {
				const time = `${timeoutMs} ms`;
				reject(modelFailed(`model process was not ready within ${time}`));
				this.kill();
			}, timeoutMs);
			void this.ended.then((how) => {
				clearTimeout(deadline);
				reject(modelFailed(`model process ${how} while it started`));
			});
			this.#onMessage = (message) => {
				switch (message.kind) {
					case "ready":
						clearTimeout(deadline);
						this.#allocations = 1;
						resolve(message.facts);
						break;
					case "allocated":
						this.#allocations = message.allocations;
						options.onAllocated(message.allocations);
						break;
					case "granted":
						options.onGranted(message.processors);
						break;
					case "status":
						options.onStatus(message.status);
						break;
					case "refused": {
						const { code, reason } = message.refusal;
						reject(new SidecarError(code, reason));
						this.kill();
						break;
					}
					case "result":
					case "failed":
						onAnswer(message);
				}
			};
			this.send({ kind: "load", spec });
		});
	}

	send(message: ToProcess): void {
		if (this.#socket.writable) this.#socket.write(encodeMessage(message));
	}

	/** Sends what is sent meanwhile in one go. */
	batch(send: () => void): void {
		this.#socket.cork();
		send();
		this.#socket.uncork();
	}

	/** Ends the process at once; `how` is what is said of its end, if not the operating system's words. */
	kill(how?: string): void {
		this.#failure ??= how;
		this.#child.kill("SIGKILL");
	}

	/** Closes the socket and ends the process; it has nothing that it could lose. Resolves when it has ended. */
	async stop(): Promise<void> {
		this.#socket.destroy();
		this.kill();
		await this.ended;
	}

	#listen(): void {
		const reader = new FrameReader();
		this.#socket.on("data", (chunk: Buffer) => {
			try {
				for (const frame of reader.push(chunk)) {
					const message = decodeMessage(frame);
					if (isFromProcess(message)) this.#onMessage(message);
				}
			} catch (error) {
				this.#failure ??= `sent nonsense: ${String(error)}`;
				this.kill();
			}
		});
		// Whatever breaks the socket ends the process, and that is what counts.
		this.#socket.on("error", () => this.kill());
		this.#socket.on("close", () => this.kill());
	}

	#how(): string {
		const { signalCode, exitCode } = this.#child;
		if (this.#failure !== undefined) return this.#failure;
		return signalCode === null
			? `exited with code ${exitCode}`
			: `was ended by ${signalCode}`;
	}
}

/** An error of a model that its caller could do nothing about. */
export function modelFailed(reason: string): SidecarError {
	return new SidecarError("inference_failed", reason);
}

function isFromProcess(
	message: ToProcess | FromProcess,
): message is FromProcess {
	return fromProcess.has(message.kind);
}

/** The compiled script, also for a sidecar that itself runs from its sources. */
function script(): string {
	return createRequire(import.meta.url).resolve(
		"#dist/sidecar/runtime/process/main.js",
	);
}

function inheritedEnvironment(): NodeJS.ProcessEnv {
	const names = inheritedVariables.filter((name) => name in process.env);
	return {
		...Object.fromEntries(names.map((name) => [name, process.env[name]])),
		...hugePages,
	};
}

function socketOf(child: ChildProcess): Duplex {
	const socket = child.stdio[3];
	if (!(socket instanceof Duplex)) {
		throw modelFailed("model process has no socket");
	}
	return socket;
}

function logLines(child: ChildProcess, logger: Logger): void {
	const log = (stream: Readable | null, level: "info" | "warn"): void => {
		if (stream === null) return;
		createInterface({ input: stream }).on("line", (line) => {
			logger[level]({ line }, "model process");
		});
	};
	log(child.stdout, "info");
	log(child.stderr, "warn");
}
