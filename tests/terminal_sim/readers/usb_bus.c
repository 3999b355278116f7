/* A USB bus with one plug in place of udev's, and vpcd's driver for the reader in that plug. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <ifdhandler.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is written into the pipe is what happens: '+' is an insertion, '-' a removal. */
static int pipe_fd = -1;
static char happened;
static int anything;

void *udev_new(void) { return &anything; }
void *udev_unref(void *udev) { return NULL; }
void *udev_enumerate_new(void *udev) { return &anything; }
int udev_enumerate_add_match_subsystem(void *list, const char *subsystem) { return 0; }
int udev_enumerate_scan_devices(void *list) { return 0; }
void *udev_enumerate_get_list_entry(void *list) { return NULL; }
void *udev_enumerate_unref(void *list) { return NULL; }
void *udev_list_entry_get_next(void *entry) { return NULL; }
const char *udev_list_entry_get_name(void *entry) { return NULL; }
void *udev_device_new_from_syspath(void *udev, const char *path) { return NULL; }

void *udev_monitor_new_from_netlink(void *udev, const char *name) { return &anything; }
int udev_monitor_filter_add_match_subsystem_devtype(void *monitor, const char *subsystem, const char *type)
{
    return 0;
}
int udev_monitor_enable_receiving(void *monitor)
{
    pipe_fd = open(getenv("USB_PIPE"), O_RDWR);
    return pipe_fd < 0 ? -1 : 0;
}
int udev_monitor_get_fd(void *monitor) { return pipe_fd; }
void *udev_monitor_receive_device(void *monitor)
{
    return read(pipe_fd, &happened, 1) == 1 ? &anything : NULL;
}

void *udev_device_unref(void *device) { return NULL; }
const char *udev_device_get_action(void *device) { return happened == '+' ? "add" : "remove"; }
const char *udev_device_get_sysname(void *device) { return "1-1:1.0"; }
const char *udev_device_get_devnode(void *device) { return "/dev/bus/usb/001/002"; }
void *udev_device_get_parent_with_subsystem_devtype(void *device, const char *subsystem, const char *type)
{
    return device;
}
const char *udev_device_get_sysattr_value(void *device, const char *name)
{
    if (strcmp(name, "idVendor") == 0)
        return "1209";
    if (strcmp(name, "idProduct") == 0)
        return "0001";
    return strcmp(name, "bInterfaceNumber") == 0 ? "00" : NULL;
}

/* pcscd names the plug; vpcd wants to be told the port that it listens on. */
RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name)
{
    RESPONSECODE (*of_vpcd)(DWORD, LPSTR) = dlsym(RTLD_NEXT, "IFDHCreateChannelByName");
    return of_vpcd(lun, "/dev/null:0x8C7B");
}
