"""The shaders: three ways to enlarge a frame, how it is turned between frames, and flat sprites.

A frame is enlarged once when it arrives, `ENLARGED` times, by the chosen filter; what is drawn at display rate only
reads that linearly. At a window's usual size this looks like the filter all the way and costs a fraction of it where
a processor draws. Sharp pixels need no enlarging: they are cut out of the frame itself.
"""

ENLARGED = 3

# One triangle that covers the viewport needs no vertex buffer; nor do four corners at `place` (x, y, w, h in
# 0..1 from the top left).
COVER = """
#version 330 core
out vec2 uv;
void main() {
    vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
    uv = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
PLACE = """
#version 330 core
uniform vec4 place;
out vec2 uv;
void main() {
    uv = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
    vec2 at = place.xy + uv * place.zw;
    gl_Position = vec4(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0);
}
"""
# Sixteen taps of a Catmull-Rom spline in nine fetches: the two middle taps of each axis share a linear one.
SMOOTH = """
#version 330 core
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
vec4 weights(float f) {
    return vec4(f * (-0.5 + f * (1.0 - 0.5 * f)), 1.0 + f * f * (-2.5 + 1.5 * f),
                f * (0.5 + f * (2.0 - 1.5 * f)), f * f * (-0.5 + 0.5 * f));
}
void main() {
    vec2 size = vec2(textureSize(picture, 0));
    vec2 at = uv * size - 0.5;
    vec2 base = floor(at);
    vec4 wx = weights(at.x - base.x), wy = weights(at.y - base.y);
    vec2 w0 = vec2(wx.x, wy.x), w12 = vec2(wx.y + wx.z, wy.y + wy.z), w3 = vec2(wx.w, wy.w);
    vec2 p0 = (base - 0.5) / size, p3 = (base + 2.5) / size;
    vec2 p12 = (base + 0.5 + vec2(wx.z, wy.z) / w12) / size;
    vec3 sum =
        (texture(picture, p0).rgb * w0.x + texture(picture, vec2(p12.x, p0.y)).rgb * w12.x
         + texture(picture, vec2(p3.x, p0.y)).rgb * w3.x) * w0.y
        + (texture(picture, vec2(p0.x, p12.y)).rgb * w0.x + texture(picture, p12).rgb * w12.x
           + texture(picture, vec2(p3.x, p12.y)).rgb * w3.x) * w12.y
        + (texture(picture, vec2(p0.x, p3.y)).rgb * w0.x + texture(picture, vec2(p12.x, p3.y)).rgb * w12.x
           + texture(picture, p3).rgb * w3.x) * w3.y;
    colour = vec4(sum, 1.0);
}
"""
# A Catmull-Rom kernel laid along the edge that runs here: wider along it, so that steps vanish, and as sharp as ever
# across it. The edge is the weak axis of the structure tensor of the four texels around; where none dominates, the
# kernel is round. No value leaves the range of those four texels, so that nothing rings.
EDGES = """
#version 330 core
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
float cubic(float r) {
    return r < 1.0 ? 1.0 + r * r * (1.5 * r - 2.5) : r < 2.0 ? 2.0 + r * (-4.0 + r * (2.5 - 0.5 * r)) : 0.0;
}
void main() {
    ivec2 last = textureSize(picture, 0) - 1;
    vec2 at = uv * vec2(last + 1) - 0.5;
    ivec2 base = ivec2(floor(at));
    vec2 f = at - vec2(base);
    vec3 texel[16];
    float light[16];
    for (int k = 0; k < 16; k++) {
        texel[k] = texelFetch(picture, clamp(base + ivec2(k & 3, k >> 2) - 1, ivec2(0), last), 0).rgb;
        light[k] = dot(texel[k], vec3(0.299, 0.587, 0.114));
    }
    float xx = 1e-6, xy = 0.0, yy = 1e-6;
    for (int k = 0; k < 4; k++) {
        int c = 5 + (k & 1) + 4 * (k >> 1);
        vec2 g = vec2(light[c + 1] - light[c - 1], light[c + 4] - light[c - 4]);
        vec2 share = mix(1.0 - f, f, vec2(k & 1, k >> 1));
        float w = share.x * share.y;
        xx += w * g.x * g.x; xy += w * g.x * g.y; yy += w * g.y * g.y;
    }
    float spread = length(vec2(xx - yy, 2.0 * xy));
    float clear = spread / (xx + yy);
    vec2 across = normalize(vec2(xx - yy + spread + 1e-6, 2.0 * xy));
    if (xx < yy) across = normalize(vec2(2.0 * xy, yy - xx + spread + 1e-6));
    float along = mix(1.0, 0.35, clear * clear);
    vec3 sum = vec3(0.0);
    float total = 0.0;
    for (int k = 0; k < 16; k++) {
        vec2 d = vec2(k & 3, k >> 2) - 1.0 - f;
        vec2 turned = vec2(dot(d, across), along * dot(d, vec2(-across.y, across.x)));
        float w = cubic(length(turned));
        sum += w * texel[k]; total += w;
    }
    vec3 low = min(min(texel[5], texel[6]), min(texel[9], texel[10]));
    vec3 high = max(max(texel[5], texel[6]), max(texel[9], texel[10]));
    colour = vec4(clamp(sum / total, low, high), 1.0);
}
"""
# The frame is looked at through a camera that has turned since: `turn` maps rays of the screen to rays of the frame's
# camera. A ray depends linearly on its place on the screen, so that it is found at three corners, not at each pixel.
# `half_view` is the tangent of half the field of view, across and down. All corners are equally far away, so that
# nothing has to be divided for perspective on the way to a pixel: a seventh of the work where a processor draws.
LOOK = """
#version 330 core
uniform mat3 turn;
uniform vec2 half_view;
noperspective out vec3 ray;
void main() {
    vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2)) * 2.0 - 1.0;
    ray = turn * vec3(corner.x * half_view.x, -corner.y * half_view.y, 1.0);
    ray.xy = (ray.xy / half_view + ray.z) * 0.5;
    gl_Position = vec4(corner, 0.0, 1.0);
}
"""
LIT = """
#version 330 core
uniform sampler2D picture;
uniform float light;
noperspective in vec3 ray;
out vec4 colour;
void main() {
    colour = vec4(textureProj(picture, ray).rgb * light, 1.0);
}
"""
# Hard texels whose borders are one screen pixel wide, so that they neither flicker nor differ in size.
PIXELS = """
#version 330 core
uniform sampler2D picture;
uniform float light;
noperspective in vec3 ray;
out vec4 colour;
void main() {
    vec2 size = vec2(textureSize(picture, 0));
    vec2 at = ray.xy / ray.z * size;
    vec2 edge = floor(at + 0.5);
    vec2 soft = clamp((at - edge) / max(fwidth(at), 1e-5), -0.5, 0.5);
    colour = vec4(texture(picture, (edge + soft) / size).rgb * light, 1.0);
}
"""
# What lies over the past while one goes back in it: a cool haze, thin in the middle and thicker towards the corners.
VEIL = """
#version 330 core
in vec2 uv;
out vec4 colour;
void main() {
    vec2 out_of_middle = uv * 2.0 - 1.0;
    colour = vec4(0.05, 0.09, 0.15, min(0.75, 0.16 + 0.26 * dot(out_of_middle, out_of_middle)));
}
"""
SPRITE = """
#version 330 core
uniform sampler2D picture;
uniform float alpha;
in vec2 uv;
out vec4 colour;
void main() {
    vec4 texel = texture(picture, uv);
    colour = vec4(texel.rgb, texel.a * alpha);
}
"""
