import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Ending } from "../ending.ts";
import { until } from "../runtime/until.ts";

/** Connections to OpenSearch that nginx keeps while nobody uses them. */
const keptConnections = 32;

/**
 * Starts nginx before a server, to pass everything on. Stopped in the end.
 *
 * @param target the server: scheme, host and port
 * @returns its address; undefined where there is no nginx on this machine
 */
export async function startNginx(
	target: string,
	ending: Ending,
): Promise<string | undefined> {
	const folder = await ending.temporaryFolder();
	const port = await freePort();
	await writeFile(join(folder, "nginx.conf"), configuration(target, port));
	const child = spawn(
		"nginx",
		["-p", folder, "-c", "nginx.conf", "-e", "stderr"],
		{ stdio: ["ignore", "ignore", "inherit"] },
	);
	try {
		await once(child, "spawn");
	} catch (error) {
		if (isMissing(error)) return undefined;
		throw error;
	}
	const closed = once(child, "close");
	ending.add(() => {
		child.kill("SIGTERM");
		return closed;
	});
	const url = `http://127.0.0.1:${port}`;
	await until(() => {
		if (child.exitCode !== null) throw new Error("nginx has ended");
		return answers(url);
	});
	return url;
}

function configuration(target: string, port: number): string {
	const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
	return `
daemon off;
worker_processes 1;
pid nginx.pid;
events {}
http {
	access_log off;
	${temporary.map((name) => `${name}_temp_path ${name};`).join(" ")}
	upstream opensearch { server ${new URL(target).host}; keepalive ${keptConnections}; }
	server {
		listen 127.0.0.1:${port};
		location / {
			proxy_pass http://opensearch;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}
	}
}
`;
}

async function answers(url: string): Promise<boolean> {
	try {
		return (await fetch(url)).ok;
	} catch {
		return false;
	}
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string")
		throw new Error("a server that listens has a port");
	return address.port;
}

function isMissing(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ENOENT";
}
