// The OLED: 64 rows of 128 pixels, each row sixteen bytes in hexadecimal text.
const LIT = [150, 215, 255, 255];

export function drawPixels(canvas, rows) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  for (const [y, row] of (rows || []).entries()) {
    for (let x = 0; x < canvas.width; x += 1) {
      const nibble = parseInt(row[x >> 2], 16);
      if ((nibble >> (3 - (x & 3))) & 1) picture.data.set(LIT, 4 * (y * canvas.width + x));
    }
  }
  context.putImageData(picture, 0, 0);
}
