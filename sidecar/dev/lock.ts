import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Given back by whoever holds a lock. */
export type Release = () => Promise<void>;

/**
 * A lock is a listening Unix socket, so the kernel gives it back when its holder dies, however it dies. On Linux
 * the name is abstract and leaves no file.
 */
function address(name: string): string {
	const hash = createHash("sha256").update(name).digest("hex").slice(0, 24);
	const socket = `opensearch-ml-sidecar-${hash}`;
	return process.platform === "linux"
		? `\0${socket}`
		: join(tmpdir(), `${socket}.sock`);
}

async function listen(path: string): Promise<Release | undefined> {
	const waiting = new Set<Socket>();
	const server: Server = createServer((socket) => {
		waiting.add(socket);
		socket.unref();
		// A waiter that dies is of no interest to the holder.
		socket.on("error", () => socket.destroy());
		socket.on("close", () => waiting.delete(socket));
	});
	server.unref();
	try {
		server.listen(path);
		await once(server, "listening");
	} catch (error) {
		if (isCode(error, "EADDRINUSE")) return undefined;
		throw error;
	}
	return async () => {
		for (const socket of waiting) socket.destroy();
		server.close();
		await once(server, "close");
	};
}

/** Waits until the holder lets go; false if nobody listens, which a file left by a killed process shows. */
async function holderGone(path: string): Promise<boolean> {
	const socket = connect(path);
	// A holder that dies resets the connection: an end like any other.
	socket.on("error", () => socket.destroy());
	try {
		await once(socket, "connect");
	} catch (error) {
		if (isCode(error, "ECONNREFUSED") || isCode(error, "ENOENT")) return false;
		throw error;
	}
	socket.resume();
	await new Promise((resolve) => socket.once("close", resolve));
	return true;
}

function isCode(error: unknown, code: string): boolean {
	return error instanceof Error && "code" in error && error.code === code;
}

/** Takes the lock called `name` among all the processes of this machine, or answers undefined at once. */
export async function tryLock(name: string): Promise<Release | undefined> {
	return await listen(address(name));
}

/** Takes the lock called `name`, waiting for as long as another process holds it; `waiting` is called if it does. */
export async function lock(
	name: string,
	waiting: () => void = () => undefined,
): Promise<Release> {
	const path = address(name);
	for (let first = true; ; first = false) {
		const release = await listen(path);
		if (release !== undefined) return release;
		if (first) waiting();
		const wasHeld = await holderGone(path);
		if (!wasHeld && !path.startsWith("\0")) await rm(path, { force: true });
	}
}
