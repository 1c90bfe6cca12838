// Installs what is missing, builds what has changed, then runs dist/sidecar/<entry>.js in this very process:
//   node sidecar/dev/bootstrap.mjs [entry] [arguments…]
// Nothing is installed yet when this runs, so it is plain JavaScript without dependencies.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { constants, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "dist");
const stampFile = join(dist, ".sources");
const compiler = join(root, "node_modules/typescript/bin/tsc");
const say = (line) => process.stderr.write(`${line}\n`);

/** Ends the program with one line for the user and an exit code. */
class Stop extends Error {
	constructor(message, exitCode = 1) {
		super(message);
		this.exitCode = exitCode;
	}
}

function requireNode() {
	const [major = 0, minor = 0, patch = 0] = process.versions.node
		.split(".")
		.map(Number);
	const enough =
		major > 20 ||
		(major === 20 && (minor > 18 || (minor === 18 && patch >= 1)));
	if (!enough) {
		throw new Stop(
			`Node.js 20.18.1 or newer is needed; this is ${process.versions.node}.`,
		);
	}
}

const text = async (file) => readFile(file, "utf8").catch(() => undefined);

/** Runs a program with its output on our standard error; a signal that reaches us reaches it. */
async function run(command, args, failure) {
	const child = spawn(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
	let asked;
	const forward = (signal) => {
		asked = signal;
		child.kill(signal);
	};
	const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
	for (const signal of signals) process.on(signal, forward);
	const [code] = await once(child, "exit").catch((error) => {
		throw new Stop(`${failure} ${error.message}`);
	});
	for (const signal of signals) process.off(signal, forward);
	if (asked) throw new Stop("Interrupted.", 128 + constants.signals[asked]);
	if (code !== 0) throw new Stop(failure);
}

/** The lock is a listening socket: the kernel gives it back when its holder dies, however it dies. */
async function locked(task) {
	const hash = createHash("sha256").update(root).digest("hex").slice(0, 24);
	const name = `opensearch-ml-sidecar-bootstrap-${hash}`;
	const abstract = process.platform === "linux";
	const path = abstract ? `\0${name}` : join(tmpdir(), `${name}.sock`);
	const waiting = new Set();
	const server = createServer((socket) => {
		waiting.add(socket);
		socket.on("error", () => socket.destroy());
		socket.on("close", () => waiting.delete(socket));
	});
	for (;;) {
		server.listen(path);
		const taken = await once(server, "listening").then(
			() => false,
			(error) => {
				if (error.code !== "EADDRINUSE") throw error;
				return true;
			},
		);
		if (!taken) break;
		const holder = connect(path);
		holder.on("error", () => holder.destroy());
		const reached = await once(holder, "connect").then(
			() => true,
			() => false,
		);
		if (reached) {
			holder.resume();
			await new Promise((resolve) => holder.once("close", resolve));
		} else if (!abstract) await rm(path, { force: true });
	}
	try {
		await task();
	} finally {
		for (const socket of waiting) socket.destroy();
		server.close();
		await once(server, "close");
	}
}

/**
 * Whether node_modules is what package-lock.json asks for, by what npm itself recorded as the last step of its
 * installation. Optional packages may be missing: they are other platforms'.
 */
async function installed() {
	const wanted = JSON.parse(
		await readFile(join(root, "package-lock.json"), "utf8"),
	).packages;
	const record = await text(join(root, "node_modules/.package-lock.json"));
	if (record === undefined) return false;
	const present = JSON.parse(record).packages;
	for (const [path, entry] of Object.entries(wanted)) {
		if (path === "") continue;
		const there = present[path];
		if (there === undefined) {
			if (entry.optional || entry.devOptional) continue;
			return false;
		}
		if (there.version !== entry.version) return false;
		if (there.integrity !== entry.integrity) return false;
	}
	return Object.keys(present).every((path) => path in wanted);
}

async function install() {
	say("Installing dependencies (npm ci)…");
	const npm = process.env.npm_execpath;
	const args = [
		"ci",
		"--include=dev",
		"--no-progress",
		"--no-update-notifier",
		"--loglevel=error",
	];
	const failure = "npm ci failed.";
	if (npm?.endsWith("npm-cli.js")) {
		await run(process.execPath, [npm, ...args], failure);
	} else {
		await run("npm", args, failure);
	}
}

async function filesBelow(folder) {
	const entries = await readdir(folder, {
		recursive: true,
		withFileTypes: true,
	}).catch(() => []);
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}

async function sources() {
	const folders = ["schemas", "ingest", "sidecar"];
	const files = await Promise.all(
		folders.map((folder) => filesBelow(join(root, folder))),
	);
	return files.flat().filter((file) => file.endsWith(".ts"));
}

/** A hash of everything that decides what the build makes. */
async function stamp() {
	const hash = createHash("sha256");
	const settings = [
		"tsconfig.json",
		"sidecar/tsconfig.json",
		"node_modules/typescript/package.json",
	];
	const files = [
		...settings.map((file) => join(root, file)),
		...(await sources()),
	];
	for (const file of files) {
		const content = createHash("sha256").update(await readFile(file));
		hash.update(`${relative(root, file)} ${content.digest("hex")}\n`);
	}
	return hash.digest("hex");
}

async function built() {
	return (await text(stampFile)) === (await stamp());
}

/** Compiles without the type check, which is `npm run types`: a start has no need to wait for it. */
async function build() {
	say("Building…");
	const made = await stamp();
	await rm(stampFile, { force: true });
	const args = [compiler, "-p", "sidecar", "--noCheck"];
	await run(process.execPath, args, "The build failed.");
	const outputs = new Set();
	for (const file of await sources()) {
		const output = join(dist, relative(root, file)).replace(/\.ts$/, ".js");
		outputs.add(output).add(`${output}.map`);
	}
	for (const file of await filesBelow(dist)) {
		if (!outputs.has(file)) await rm(file);
	}
	await writeFile(stampFile, made);
}

try {
	requireNode();
	if (!(await installed()) || !(await built())) {
		await locked(async () => {
			if (!(await installed())) await install();
			if (!(await built())) await build();
		});
	}
	const [entry, ...args] = process.argv.slice(2);
	if (entry !== undefined) {
		const program = join(dist, "sidecar", `${entry}.js`);
		process.argv = [process.execPath, program, ...args];
		await import(pathToFileURL(program).href);
	}
} catch (error) {
	if (!(error instanceof Stop)) throw error;
	say(error.message);
	process.exitCode = error.exitCode;
}
