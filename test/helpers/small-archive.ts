import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** An archive of these files in memory. */
export async function zipOf(files: Record<string, Buffer>): Promise<Buffer> {
	const zip = new ZipFile();
	for (const [name, data] of Object.entries(files)) zip.addBuffer(data, name);
	zip.end();
	return buffer(zip.outputStream);
}

export function sha256Of(bytes: Buffer): string {
	return createHash("sha256").update(bytes).digest("hex");
}
