# Calls of the API as its documentation shows them, restated: curl, the key in a header, one --form for each part.
# Only the host and the key are those of a sandbox. Before each call: its name and what comes back.

# text_to_image: JPEG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/generations' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="a red fox in snow"' \
--form 'style="realistic"' \
--form 'aspect_ratio="16:9"' \
--form 'seed="5"'

# text_to_image_turbo: JPEG
curl --location 'http://127.0.0.1:8787/v2/image/generations' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="a red fox in snow"' \
--form 'style="imagine-turbo"' \
--form 'aspect_ratio="1:1"' \
--form 'seed="123456789"'

# text_to_png: PNG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/generations/transparent' \
--header 'authorization: Bearer vk-sandbox' \
--form 'prompt="a blue mug"' \
--form 'aspect_ratio="1:1"' \
--form 'seed="12"'

# remove_background: PNG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/background/remover' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'image=@"photo.jpg"'

# upscale: JPEG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/enhance' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'image=@"photo.jpg"'

# generative_fill: JPEG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/edits/generative-fill' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="a red armchair"' \
--form 'image=@"photo.jpg"' \
--form 'mask=@"mask.png"'

# ai_resize: JPEG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/edits/ai-resize' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="more of the beach"' \
--form 'image=@"photo.jpg"' \
--form 'mask=@"mask.png"'

# retouch: JPEG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/edits/remove' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'image=@"photo.jpg"' \
--form 'mask=@"mask.png"'

# ai_background: JPEG
curl --location --request POST 'http://127.0.0.1:8787/v2/image/generations/ai-background' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="on a wooden table"' \
--form 'image=@"product.png"' \
--form 'style="product-shoot"' \
--form 'seed="12"'

# text_to_video: job
curl --location 'http://127.0.0.1:8787/v2/video/text-to-video' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="waves at dusk"' \
--form 'style="fast-svd"' \
--form 'aspect_ratio="16:9"'

# image_to_video: job
curl --location 'http://127.0.0.1:8787/v2/video/image-to-video' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="the light turns"' \
--form 'style="kling-1.0-pro"' \
--form 'file=@"photo.jpg"'

# video_status: numbers
curl --location --request GET 'http://127.0.0.1:8787/v2/video/VIDEO_ID/status' \
--header 'Authorization: Bearer vk-sandbox'

# video_status_of_assets: words
curl --location 'http://127.0.0.1:8787/v2/assets/VIDEO_ID/status' \
--header 'Authorization: Bearer vk-sandbox'

# video_status_of_assets_posted: words
curl --location --request POST 'http://127.0.0.1:8787/v2/assets/VIDEO_ID/status' \
--header 'Authorization: Bearer vk-sandbox'

# video_status_deprecated: words
curl --location --request GET 'http://127.0.0.1:8787/v2/video/status/VIDEO_ID' \
--header 'Authorization: Bearer vk-sandbox'

# delete_video: deleted
curl --location --request DELETE 'http://127.0.0.1:8787/v2/video/delete/VIDEO_ID' \
--header 'Authorization: Bearer vk-sandbox'

# delete_video_posted: deleted
curl --location --request POST 'http://127.0.0.1:8787/v2/video/delete/VIDEO_ID' \
--header 'Authorization: Bearer vk-sandbox'

# without_a_key: refused
curl --location --request POST 'http://127.0.0.1:8787/v2/image/generations' \
--form 'prompt="a red fox in snow"' \
--form 'style="realistic"'

# v1_generations: PNG
curl --location --request POST 'http://127.0.0.1:8787/v1/imagine/api/generations' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="a red fox in snow"' \
--form 'style_id="29"' \
--form 'aspect_ratio="3:2"' \
--form 'cfg="7.5"' \
--form 'seed="1"' \
--form 'steps="30"' \
--form 'high_res_results="1"'

# v1_variations: PNG
curl --location --request POST 'http://127.0.0.1:8787/v1/imagine/api/generations/variations' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="a red fox in snow"' \
--form 'image=@"photo.jpg"' \
--form 'strength="0.85"'

# v1_remix: PNG
curl --location --request POST 'http://127.0.0.1:8787/v1/imagine/api/edits/remix' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="a red fox in snow"' \
--form 'image=@"photo.jpg"' \
--form 'style_id="22"' \
--form 'control="openpose"'

# v1_inpaint: PNG
curl --location --request POST 'http://127.0.0.1:8787/v1/imagine/api/edits/inpaint' \
--header 'bearer: vk-sandbox' \
--form 'prompt="a red armchair"' \
--form 'image=@"photo.jpg"' \
--form 'mask=@"mask.png"' \
--form 'model_version="1"'

# v1_upscale: PNG
curl --location --request POST 'http://127.0.0.1:8787/v1/imagine/api/upscale' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'image=@"photo.jpg"'

# v1_upscale_with_a_slash: PNG
curl --location --request POST 'http://127.0.0.1:8787/v1/imagine/api/upscale/' \
--header 'Bearer: vk-sandbox' \
--form 'image=@"photo.jpg"' \
--form 'model_version="1"'

# v1_guided: PNG
curl --location --request POST 'http://127.0.0.1:8787/v1/imagine/api/generations/guided' \
--header 'Authorization: Bearer vk-sandbox' \
--form 'prompt="a red fox in snow"' \
--form 'image=@"photo.jpg"' \
--form 'style_id="1"' \
--form 'steps="20"'
