import { Socket } from "node:net";
import { offerAsFirstVictim } from "./first-victim.ts";
import { giveWay } from "./give-way.ts";
import { InferenceWorker } from "./inference-worker.ts";

/** Ends at once, without native destructors, which would wait for runs in other threads, or fail in them. */
function end(): void {
	process.kill(process.pid, "SIGKILL");
}

// The sidecar decides when this process ends, by closing the socket. Signals that a terminal or a service
// manager sends to the whole group would otherwise end it before requests in flight are answered.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
	process.on(signal, () => undefined);
}

offerAsFirstVictim();
giveWay();

const socket = new Socket({ fd: 3 });
socket.on("close", end);
socket.on("error", end);

// ONNX Runtime is loaded there while the tokenizers are loaded here.
const worker = new InferenceWorker();
const { ModelHost } = await import("./model-host.ts");
new ModelHost(socket, worker);
